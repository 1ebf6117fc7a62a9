"""`kendali manage first_run`: where the first-run page is, for as long as nobody can log in."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from kendali.home import first_run


class Command(BaseCommand):
    help = "Shows the address of the first-run page with its set-up code."

    def handle(self, *_: Any, **options: Any) -> None:
        if first_run.is_needed():
            self.stdout.write(f"kendali: set up this installation at {first_run.address()}")
        else:
            self.stdout.write("kendali: this installation is set up; there are users")
