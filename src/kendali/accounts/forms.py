"""Forms of the account and administration pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.utils.translation import gettext_lazy as _

from kendali.accounts import roles
from kendali.accounts.models import LANGUAGES, ZONES, Client, Site, User

SCOPE_CHOICES = [
    ("read", _("read: everything you can see")),
    ("content", _("content: open records, download packages")),
    ("operate", _("operate: the steps of the procedure")),
    ("administer", _("administer: users, sources, settings")),
]


class LoginForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username webauthn", "autofocus": True})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        label=_("New password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    again = forms.CharField(
        label=_("New password again"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password"].help_text = " ".join(password_validators_help_texts())

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password

    def clean(self) -> None:
        first, second = self.cleaned_data.get("password"), self.cleaned_data.get("again")
        if first and second and first != second:
            self.add_error("again", _("The two passwords differ."))


class ChangePasswordForm(NewPasswordForm):
    current = forms.CharField(
        label=_("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ["current", "password", "again"]

    def clean_current(self) -> str:
        current: str = self.cleaned_data["current"]
        if not self.user.check_password(current):
            raise forms.ValidationError(_("The current password is wrong."))
        return current


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    theme = forms.ChoiceField(label=_("Theme"), choices=User.THEMES)
    zone = forms.ChoiceField(label=_("Time zone"), choices=ZONES)


class TokenForm(forms.Form):
    name = forms.CharField(label=_("What it is for"), max_length=80)
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"), choices=SCOPE_CHOICES, widget=forms.CheckboxSelectMultiple, initial=["read"]
    )
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("one year"))],
        initial=90,
    )


class DeputyForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"))
    email = forms.EmailField(label=_("E-mail of the deputy"))
    starts = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    ends = forms.DateField(
        label=_("Until, including this day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, held: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(code, roles.LABELS[code]) for code in held]  # type: ignore[attr-defined]

    def clean_email(self) -> User:
        person = User.objects.filter(email__iexact=self.cleaned_data["email"].strip(), is_active=True).first()
        if person is None:
            raise forms.ValidationError(_("There is no active user with this e-mail address."))
        return person


class UserForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    name = forms.CharField(label=_("Name"), max_length=200)
    position = forms.CharField(label=_("Position"), max_length=120, required=False)
    employee_number = forms.CharField(
        label=_("Employee number"),
        max_length=40,
        required=False,
        help_text=_("The number of the company, never the national identity number."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    zone = forms.ChoiceField(label=_("Time zone"), choices=ZONES)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=roles.ROLES)
    client = forms.ModelChoiceField(
        label=_("Client"), queryset=Client.objects.filter(active=True), required=False, empty_label=_("all clients")
    )
    site = forms.ModelChoiceField(label=_("Area"), queryset=Site.objects.all(), required=False, empty_label="–")


class ClientForm(forms.Form):
    code = forms.SlugField(label=_("Code"), max_length=40, help_text=_("Short, without spaces; part of addresses."))
    name = forms.CharField(label=_("Name"), max_length=120)
    customer_word = forms.ChoiceField(label=_("Word for its customers"), choices=Client.CUSTOMER_WORDS)
    zone = forms.ChoiceField(label=_("Time zone"), choices=ZONES)
    active = forms.BooleanField(label=_("Active"), required=False, initial=True)


class SiteForm(forms.Form):
    code = forms.SlugField(label=_("Code"), max_length=40)
    name = forms.CharField(label=_("Name"), max_length=120)
    zone = forms.ChoiceField(label=_("Time zone"), choices=ZONES)
