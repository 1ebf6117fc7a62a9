"""Everything that a page can do, the API can do: each page names its operation, or why machines do not need it."""

from __future__ import annotations

from kendali.home.api import api
from tests.permissions import addresses

# page → operations of /api/v1 that show or do the same
SAME: dict[str, str] = {
    "home": "list_waiting",
    "radar": "show_radar",
    "radar_xlsx": "list_records",
    "records": "list_records",
    "records_xlsx": "list_records",
    "record": "show_record",
    "record_open": "open_record",
    "record_propose": "propose_unbackupable",
    "record_content": "read_content",
    "record_file": "read_audio read_attachment",
    "search": "search_records",
    "text_search_begin": "begin_text_search",
    "text_search": "show_text_search list_found_records",
    "text_search_live": "show_text_search",
    "escalations": "list_escalations",
    "raise": "raise_escalation",
    "escalations_send": "send_drafts",
    "escalations_confirm": "confirm",
    "escalation": "show_escalation",
    "escalation_live": "show_escalation",
    "escalation_xlsx": "list_items",
    "escalation_move": "send accept return_to_raiser start pause confirm cancel",
    "unbackupables": "list_unbackupable",
    "unbackupable_propose": "propose_unbackupable",
    "unbackupable_decide": "decide_unbackupable",
    "sources": "list_sources",
    "source_new": "connect_source",
    "source": "show_source",
    "source_edit": "change_source",
    "source_probe": "probe_source",
    "source_scan": "scan_source",
    "source_scans": "list_scans",
    "policies": "list_policies",
    "policy": "show_policy",
    "policy_decide": "decide_policy",
    "policy_edit": "preview_policy save_policy",
    "packages": "list_packages",
    "package": "show_package list_checks",
    "package_check": "request_check",
    "copy_register": "register_copy list_copies",
    "copy_end": "end_copy",
    "contract_ends": "list_contract_ends",
    "contract_end": "end_contract",
    "contract_end_withdraw": "withdraw_contract_end",
    "contract_end_propose": "propose_everything",
    "register": "list_register",
    "dossier": "show_dossier",
    "dossier_zip": "take_dossier",
    "summary": "show_summary",
    "register_xlsx": "list_register",
    "register_pdf": "list_register",
    "register_entry": "show_register_entry",
    "register_new": "enter_document",
    "register_change": "change_register_entry",
    "register_destroyed": "enter_destruction",
    "past_xlsx": "show_past",
    "holds": "list_holds",
    "holds_xlsx": "list_holds",
    "hold_new": "place_hold",
    "hold": "show_hold list_held",
    "hold_release": "release_hold",
    "hold_review": "review_hold",
    "proposals": "list_proposals",
    "proposals_xlsx": "list_proposals",
    "propose": "propose",
    "propose_preview": "preview_proposal",
    "proposal": "show_proposal list_lines list_left_out list_decisions",
    "proposal_live": "show_proposal",
    "proposal_xlsx": "list_lines list_left_out",
    "proposal_pdf": "list_lines",
    "proposal_move": "ask_client cancel_proposal raise_order",
    "decisions": "list_proposals",
    "decision": "show_proposal decide",
    "decision_cancel": "cancel_proposal",
    "deleted": "list_gone",
    "disposal_orders": "list_orders",
    "disposal_orders_xlsx": "list_orders",
    "disposal_order": "show_order list_disposal_items list_journal",
    "disposal_order_live": "show_order",
    "disposal_items_xlsx": "list_disposal_items",
    "disposal_journal_xlsx": "list_journal",
    "disposal_order_move": "accept_order return_order arm_order pause_order resume_order cancel_order",
    "incidents": "list_incidents",
    "incidents_xlsx": "list_incidents",
    "incident_close": "close_incident",
    "store": "show_store",
    "store_probe": "probe_store",
    "certificates": "list_certificates",
    "certificate": "show_certificate list_certificate_lines",
    "certificate_cancel": "cancel_certificate",
    "certificate_correct": "correct_certificate",
    "certificate_proof": "prove_record",
    "certificate_file": "download_certificate_file",
    "settings": "list_settings",
    "setting": "list_setting_versions save_one_setting",
    "client_page": "show_holdings list_policies",
    "keys": "show_keys",
    "prove_keys": "prove_slots",
    "audit": "audit",
    "audit_export": "audit",
    "inbox": "inbox",
    "open_notice": "read_notice",
    "read_all_notices": "read_all_notices",
    "users": "list_users",
    "new_user": "create_user",
    "user": "show_user",
    "change_user": "change_user",
    "grant_role": "grant_role",
    "end_role": "end_role",
    "change_user_state": "deactivate_user reactivate_user release_lockout send_setup_link reset_factors",
    "clients": "list_clients",
    "new_client": "create_client",
    "change_client": "change_client",
    "sensitive_changes": "list_guarded_changes",
    "sensitive_change": "show_guarded_change",
    "sensitive_confirm": "confirm_guarded_change",
    "sensitive_refuse": "stop_guarded_change",
    "approvers": "list_approvers",
    "approver_new": "propose_approver",
    "approver_edit": "propose_approver_change",
    "approver_end": "propose_approver_end",
    "letter_new": "upload_letter list_letters",
    "letter": "show_letter",
    "letter_yes": "record_letter",
    "invite_again": "send_links",
    "erasures": "list_erasures",
    "erasure_new": "enter_erasure",
    "erasure": "show_erasure list_erasure_records",
    "erasure_propose": "propose_erasure",
    "erasure_refuse": "refuse_erasure",
    "erasure_close": "close_erasure",
    "source_deleting": "show_deleting propose_deleting",
    "source_deleting_probe": "probe_deleting",
    "responsibles": "list_responsible name_responsible",
    "sites": "list_sites create_site",
    "articles": "list_articles",
    "articles_xlsx": "list_articles show_article",
    "article": "show_article",
    "article_version": "show_article",
    "article_new": "draft_article put_article_in_force",
    "article_edit": "draft_article put_article_in_force",
    "article_in_force": "put_article_in_force",
    "article_discard": "discard_article_draft",
    "article_end": "end_article",
    "article_withdraw": "withdraw_article",
    "article_imports": "list_article_imports check_articles",
    "article_paste": "check_articles draft_article",
    "article_read": "read_knowledge_base",
    "article_import": "show_article_import",
    "article_import_live": "show_article_import",
    "article_import_apply": "apply_article_import",
    "article_import_drop": "drop_article_import",
    "account": "me",
    "tokens": "list_tokens",
    "revoke_token": "revoke_token",
    "deputies": "list_deputies name_deputy",
    "end_deputy": "end_deputy",
    "roster": "list_roster",
    "roster_xlsx": "list_roster",
    "roster_import": "import_roster",
    "roster_agent": "show_agent",
    "roster_agent_new": "add_agent",
    "roster_agent_move": "move_agent",
    "roster_agent_end": "end_agent",
    "roster_teams": "list_teams",
    "roster_team": "list_teams list_roster",
    "roster_team_new": "put_team",
    "roster_team_change": "put_team",
    "roster_team_end": "end_team",
    "roster_shifts": "list_shifts",
    "roster_shift_save": "save_shift",
    "roster_destinations": "list_destinations",
    "roster_destination": "list_destinations save_destination",
    "roster_destination_new": "save_destination",
    "roster_callers": "list_callers",
    "roster_caller": "list_callers save_caller",
    "roster_caller_new": "save_caller",
    "roster_absence_add": "add_absence",
    "roster_absence_remove": "remove_absence",
    "work_calendar": "show_work_calendar list_calendar_versions list_workplaces",
    "calendar_day": "put_day_off",
    "calendar_day_remove": "remove_day_off",
    "calendar_year_add": "add_calendar_year",
    "workplace_save": "save_workplace",
    "clocks_recompute": "recompute_clocks",
}
BROWSER = "belongs to a browser: logging in, sessions, second factors, and how pages look"
PAPER = "paper: the recovery sheet is printed and confirmed by people who hold it"
SIGNATURE = "a person's own signature: at a page, with the password or a second factor entered again"
PICTURE = "a picture of what another operation gives as figures"
MAILBOX = "belongs to a person of the client with a mailbox, who has no account"
MACHINE = "for machines already"
RESTORE = "after a restore: people with the recovery sheet compare what is there, once, at a page"
START = "before there is an account: with the set-up code of the machine"
NOT_FOR_MACHINES: dict[str, str] = {
    **dict.fromkeys(
        [
            "login", "logout", "password_setup", "password", "sessions", "end_session", "end_other_sessions",
            "appearance", "style_sheet", "raise_preview",
        ],
        BROWSER,
    ),
    "print_recovery_sheet": PAPER,
    "confirm_recovery_sheet": PAPER,
    "certificate_send": SIGNATURE,
    "certificates_sign": SIGNATURE,
    "certificate_upload": PAPER,
    "certificate_copy": PAPER,
    "certificate_verify": "behind the code on the paper, for anybody who holds it; machines run the verifier",
    "seal_authority": MACHINE,
    "record_peaks": PICTURE,
    "approval_link": MAILBOX,
    "approval_link_xlsx": MAILBOX,
    "health_live": MACHINE,
    "health_ready": MACHINE,
}  # fmt: skip
BY_BEGINNING = {
    **dict.fromkeys(["account_", "mfa_", "gaya/"], BROWSER),
    "recovery": RESTORE,
    "first_run": START,
    "api-v1:": MACHINE,
}


def _reason(name: str) -> str:
    beginnings = [reason for start, reason in BY_BEGINNING.items() if name.startswith(start)]
    return NOT_FOR_MACHINES.get(name) or (beginnings[0] if beginnings else "")


def test_every_page_has_its_operation_or_a_reason() -> None:
    missing = [name for name in addresses() if name not in SAME and not _reason(name)]
    assert not missing, f"add the API operation of: {', '.join(missing)}"


def test_the_operations_named_exist() -> None:
    known = {
        operation["operationId"].rpartition("_api_")[2].rpartition("api_own_")[2]
        for operations in api.get_openapi_schema()["paths"].values()
        for operation in operations.values()
    }
    ids = " ".join(sorted(known))
    for page, operations in SAME.items():
        for operation in operations.split():
            assert any(one == operation or one.endswith(f"_{operation}") for one in known), (
                f"{page}: {operation}: {ids}"
            )


def test_nothing_is_said_twice() -> None:
    assert not SAME.keys() & NOT_FOR_MACHINES.keys()
    assert sorted((SAME.keys() | NOT_FOR_MACHINES.keys()) - set(addresses())) == []
