"""`kendali manage proof BA-2026-0001 4101`: the proof for one record of a certificate, as JSON."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kendali.accounts.permissions import RuleRefused
from kendali.audit.actor import Actor
from kendali.register import proofs
from kendali.register.models import Certificate, CertificateLine


class Command(BaseCommand):
    help = "Prove that one record is on a certificate; check it with python -m kendali.register verify."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("record", nargs="+", help="[certificate's number] id at the source")
        parser.add_argument("--source", default="", help="name of the source, where two use the same id")
        parser.add_argument("--into", type=Path, help="a new file; else the proof is printed")

    def handle(self, **options: Any) -> None:
        *number, ref = options["record"]
        certificate = self._certificate(number[0] if number else "", ref)
        actor = Actor(user_id=None, name=f"Kendali ({getpass.getuser()})", role="system")
        try:
            proof = proofs.make(actor, timezone.now(), certificate, ref, options["source"])
        except RuleRefused as refused:
            raise CommandError(str(refused)) from refused
        text = json.dumps(proof, indent=2, ensure_ascii=False) + "\n"
        if options["into"] is None:
            self.stdout.write(text, ending="")
            return
        try:
            with options["into"].open("x") as file:
                file.write(text)
        except OSError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"proof for {ref} under {certificate.number} in {options['into']}")

    def _certificate(self, number: str, ref: str) -> Certificate:
        sealed = Certificate.objects.filter(status=Certificate.Status.SEALED).select_related("client")
        if number:
            found = list(sealed.filter(number=number))
        else:
            with_it = CertificateLine.objects.filter(ref=ref, verdict="deleted").values("certificate")
            found = list(sealed.filter(pk__in=with_it).order_by("number"))
        if len(found) != 1:
            told = ", ".join(str(one.number) for one in found) or "none"
            raise CommandError(f"Sealed certificates of this name or record: {told}; name one, as BA-2026-0001.")
        return found[0]
