"""A version of the form as a workbook, and a draft from one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kendali.accounts.answers import told
from kendali.accounts.permissions import RuleRefused
from kendali.audit.sentences import say
from kendali.documents.models import Revision
from kendali.mystery.actions import forms as actions
from kendali.mystery.forms_form import UploadForm
from kendali.mystery.queries.forms import form_of
from kendali.mystery.rules import form_workbook
from kendali.mystery.rules.form_sheets import SheetProblem
from kendali.mystery.views.forms import about, load
from kendali.spreadsheet import TYPE

SHOWN = 200  # problems on the page


@login_required
@require_safe
def form_xlsx(request: HttpRequest, pk: int) -> HttpResponse:
    _user, revision = load(request, pk)
    answer = HttpResponse(form_workbook.write_xlsx(form_of(revision)), content_type=TYPE)
    name = f"{revision.document.code}-v{revision.version}.xlsx"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def form_upload(request: HttpRequest, pk: int) -> HttpResponse:
    user, revision = load(request, pk, "form.edit")
    if revision.status != Revision.Status.DRAFT:
        raise Http404
    form = UploadForm(request.POST or None, request.FILES or None)
    problems: list[SheetProblem] = []
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        content = file.read(form_workbook.MAX_BYTES + 1)
        try:
            problems = actions.upload(user=user, at=timezone.now(), revision=revision, content=content, name=file.name)
        except RuleRefused as refused:
            form.add_error(None, told(refused.verdict))
        else:
            if not problems:
                messages.success(request, _("The draft says what the workbook says."))
                return redirect("form_version", pk=pk)
    shown = [(one, say(one.reason, one.facts)) for one in problems[:SHOWN]]
    context = about(user, revision, "") | {"form": form, "problems": shown, "count": len(problems)}
    context["crumbs"] = [*context["crumbs"][:1], (str(revision), f"/mystery/formulir/{pk}/"), (_("Workbook"), "")]
    status = 422 if request.method == "POST" else 200
    return render(request, "mystery/form_upload.html", context, status=status)
