"""What the first-run page asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.utils.translation import gettext_lazy as _

from kendali.accounts.models import ZONES, Client, User
from kendali.home.first_run import Person


class CodeForm(forms.Form):
    kode = forms.CharField(
        label=_("Set-up code"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=_("The console of ./kendali run --empty shows it; ./kendali manage first_run shows it again."),
    )


class BeginForm(forms.Form):
    organisasi = forms.CharField(label=_("Name of the organisation"), max_length=200)
    zona = forms.ChoiceField(label=_("Time zone"), choices=ZONES)
    nama = forms.CharField(label=_("Name of the administrator"), max_length=200)
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    again = forms.CharField(
        label=_("Password again"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self.cleaned_data.get("email", "")))
        return password

    def clean(self) -> None:
        first, second = self.cleaned_data.get("password"), self.cleaned_data.get("again")
        if first and second and first != second:
            self.add_error("again", _("The two passwords differ."))

    def person(self) -> Person:
        data = self.cleaned_data
        return Person(name=data["nama"], email=data["email"], password=data["password"])


class FirstClientForm(forms.Form):
    name = forms.CharField(label=_("Name of the client"), max_length=120)
    code = forms.SlugField(label=_("Code"), max_length=40, help_text=_("Short, without spaces; part of addresses."))
    customer_word = forms.ChoiceField(label=_("Word for its customers"), choices=Client.CUSTOMER_WORDS)
    zone = forms.ChoiceField(label=_("Time zone"), choices=ZONES)
