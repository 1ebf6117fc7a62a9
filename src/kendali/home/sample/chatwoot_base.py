"""What stands in the omni-channel application before the first conversation: two accounts, staff, channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from .copying import Ledger
from .phrases import BANK, TELCO, Topic

SCHEMA_VERSION = "20260112092041"
STAMPED = "created_at updated_at"

# The columns each table is copied with, in the order in which tables are copied. Columns left out get their default.
COLUMNS: dict[str, Sequence[str]] = {
    table: columns.split()
    for table, columns in {
        "schema_migrations": "version",
        "ar_internal_metadata": f"key value {STAMPED}",
        "installation_configs": f"id name serialized_value locked {STAMPED}",
        "accounts": f"id name locale domain support_email status settings {STAMPED}",
        "users": f"id provider uid encrypted_password sign_in_count confirmed_at name display_name email pubsub_token"
        f" ui_settings {STAMPED}",
        "account_users": f"id account_id user_id role active_at {STAMPED}",
        "teams": f"id name description account_id {STAMPED}",
        "team_members": f"id team_id user_id {STAMPED}",
        "channel_whatsapp": f"id account_id phone_number provider {STAMPED}",
        "channel_web_widgets": f"id website_url account_id website_token welcome_title {STAMPED}",
        "channel_email": f"id account_id email forward_to_email {STAMPED}",
        "channel_telegram": f"id bot_name account_id bot_token {STAMPED}",
        "inboxes": f"id channel_id account_id name channel_type timezone csat_survey_enabled email_address {STAMPED}",
        "inbox_members": f"id user_id inbox_id {STAMPED}",
        "labels": f"id title description color show_on_sidebar account_id {STAMPED}",
        "tags": "id name taggings_count",
        "sla_policies": f"id name first_response_time_threshold account_id {STAMPED}",
        "contacts": f"id name email phone_number account_id additional_attributes identifier custom_attributes"
        f" last_activity_at contact_type location country_code {STAMPED}",
        "contact_inboxes": f"id contact_id inbox_id source_id hmac_verified {STAMPED}",
        "notes": f"id content account_id contact_id user_id {STAMPED}",
        "conversations": "id account_id inbox_id status assignee_id created_at updated_at contact_id display_id"
        " contact_last_seen_at agent_last_seen_at additional_attributes contact_inbox_id uuid last_activity_at team_id"
        " snoozed_until custom_attributes first_reply_created_at priority sla_policy_id waiting_since"
        " cached_label_list",
        "messages": "id content account_id inbox_id conversation_id message_type created_at updated_at private status"
        " source_id content_type content_attributes sender_type sender_id external_source_ids additional_attributes"
        " processed_message_content sentiment",
        "attachments": f"id file_type external_url coordinates_lat coordinates_long message_id account_id"
        f" fallback_title extension meta {STAMPED}",
        "active_storage_blobs": "id key filename content_type metadata byte_size checksum created_at service_name",
        "active_storage_variant_records": "id blob_id variation_digest",
        "active_storage_attachments": "id name record_type record_id blob_id created_at",
        "csat_survey_responses": f"id account_id conversation_id message_id rating feedback_message contact_id"
        f" assigned_agent_id {STAMPED}",
        "reporting_events": f"id name value account_id inbox_id user_id conversation_id {STAMPED}"
        " value_in_business_hours event_start_time event_end_time",
        "conversation_participants": f"id account_id user_id conversation_id {STAMPED}",
        "mentions": f"id user_id conversation_id account_id mentioned_at {STAMPED}",
        "notifications": "id account_id user_id notification_type primary_actor_type primary_actor_id"
        f" secondary_actor_type secondary_actor_id read_at {STAMPED} last_activity_at meta",
        "taggings": "id tag_id taggable_type taggable_id context created_at",
        "applied_slas": f"id account_id sla_policy_id conversation_id sla_status {STAMPED}",
        "sla_events": f"id applied_sla_id conversation_id account_id sla_policy_id inbox_id event_type meta {STAMPED}",
    }.items()
}


@dataclass(frozen=True)
class Agent:
    user_id: int
    name: str


@dataclass(frozen=True)
class Inbox:
    id: int
    channel_type: str  # as Chatwoot writes it
    channel_id: int
    label: str  # how customers know it


@dataclass(frozen=True)
class Side:
    """One client inside the application: an account with its own staff, channels and subjects."""

    account_id: int
    name: str
    domain: str
    zone: ZoneInfo
    offset_hours: int  # the zone has no summer time
    agents: tuple[Agent, ...]
    inboxes: tuple[Inbox, ...]  # WhatsApp, Web, e-mail, Telegram
    teams: tuple[tuple[int, str], ...]
    topics: tuple[Topic, ...]
    contact_base: int  # contacts of this account count up from here


CHANNELS = (
    ("Channel::Whatsapp", "WhatsApp"),
    ("Channel::WebWidget", "Web Chat"),
    ("Channel::Email", "E-mail"),
    ("Channel::Telegram", "Telegram"),
)
AGENTS = (
    "Agus Salim,Bella Puspita,Citra Lestari,Dodi Firmansyah,Eko Prasetyo,Fani Rahmawati,Gilang Ramadhan,Hesti Purwanti",
    "Ayu Komang,Bagus Wirawan,Cokorda Putra,Desak Made,Erwin Tandi,Fitriani Daeng",
)


def side(number: int) -> Side:
    first_user = 1 + sum(len(AGENTS[n].split(",")) for n in range(number))
    names = AGENTS[number].split(",")
    zone, hours = (("Asia/Jakarta", 7), ("Asia/Makassar", 8))[number]
    return Side(
        account_id=number + 1,
        name=("Bank Nusantara", "Telko Raya")[number],
        domain=("banknusantara.example", "telkoraya.example")[number],
        zone=ZoneInfo(zone),
        offset_hours=hours,
        agents=tuple(Agent(first_user + n, name) for n, name in enumerate(names)),
        inboxes=tuple(Inbox(number * 4 + n + 1, kind, number + 1, label) for n, (kind, label) in enumerate(CHANNELS)),
        teams=tuple(
            (number * 3 + n + 1, name)
            for n, name in enumerate((("transaksi", "kartu", "kredit"), ("jaringan", "prabayar", "tagihan"))[number])
        ),
        topics=(BANK, TELCO)[number],
        contact_base=number * 5_000_000,
    )


BANK_SIDE, TELCO_SIDE = side(0), side(1)
SIDES = (BANK_SIDE, TELCO_SIDE)
LABELS = {  # label title → tag id; the same tags serve both accounts, as in the real application
    title: n + 1
    for n, title in enumerate(
        [topic.label for topic in BANK + TELCO] + ["prioritas", "komplain-berulang", "selesai-sekali-kontak"]
    )
}


def write_base(ledger: Ledger, since: datetime) -> None:
    """`since`: naive UTC, when the application was installed."""
    stamps: dict[str, Any] = {"created_at": since, "updated_at": since}
    ledger.add("schema_migrations", version=SCHEMA_VERSION)
    ledger.add("ar_internal_metadata", key="environment", value="production", **stamps)
    for n, (name, value) in enumerate(
        (("INSTALLATION_NAME", "Omni Contoh"), ("CREATE_NEW_ACCOUNT_FROM_DASHBOARD", False))
    ):
        ledger.add(
            "installation_configs", id=n + 1, name=name, serialized_value={"value": value}, locked=True, **stamps
        )
    for title, tag_id in LABELS.items():
        ledger.add("tags", id=tag_id, name=title, taggings_count=0)
    for one in SIDES:
        ledger.add(
            "accounts", id=one.account_id, name=one.name, locale=26, domain=one.domain, status=0,
            support_email=f"layanan@{one.domain}", settings={}, **stamps,
        )  # fmt: skip
        _staff(ledger, one, stamps)
        _channels(ledger, one, stamps)
        for topic_label in [topic.label for topic in one.topics] + ["prioritas", "komplain-berulang"]:
            number = one.account_id * 100 + LABELS[topic_label]
            ledger.add(
                "labels", id=number, title=topic_label, color="#1f93ff", show_on_sidebar=True,
                account_id=one.account_id, **stamps,
            )  # fmt: skip
        ledger.add(
            "sla_policies", id=one.account_id, name="Balas 5 menit", first_response_time_threshold=300.0,
            account_id=one.account_id, **stamps,
        )  # fmt: skip


def _staff(ledger: Ledger, one: Side, stamps: dict[str, Any]) -> None:
    for n, agent in enumerate(one.agents):
        email = f"{agent.name.split()[0].lower()}{agent.user_id}@omni.example"
        ledger.add(
            "users", id=agent.user_id, provider="email", uid=email, encrypted_password="", sign_in_count=n,
            confirmed_at=stamps["created_at"], name=agent.name, display_name=agent.name.split()[0], email=email,
            pubsub_token=f"contoh-{agent.user_id}", ui_settings={}, **stamps,
        )  # fmt: skip
        ledger.add(
            "account_users", id=agent.user_id, account_id=one.account_id, user_id=agent.user_id, role=int(n == 0),
            active_at=stamps["created_at"], **stamps,
        )  # fmt: skip
        ledger.add("team_members", id=agent.user_id, team_id=one.teams[n % 3][0], user_id=agent.user_id, **stamps)
        for inbox in one.inboxes:
            ledger.add(
                "inbox_members", id=agent.user_id * 10 + inbox.id, user_id=agent.user_id, inbox_id=inbox.id, **stamps
            )
    for team_id, name in one.teams:
        ledger.add("teams", id=team_id, name=name, description=f"Tim {name}", account_id=one.account_id, **stamps)


def _channels(ledger: Ledger, one: Side, stamps: dict[str, Any]) -> None:
    number, account = one.account_id, {"account_id": one.account_id, **stamps}
    ledger.add(
        "channel_whatsapp", id=number, phone_number=f"+62811000{number:04d}", provider="whatsapp_cloud", **account
    )
    ledger.add(
        "channel_web_widgets", id=number, website_url=f"https://{one.domain}", website_token=f"contoh-web-{number}",
        welcome_title=f"Selamat datang di {one.name}", **account,
    )  # fmt: skip
    ledger.add(
        "channel_email",
        id=number,
        email=f"layanan@{one.domain}",
        forward_to_email=f"masuk{number}@omni.example",
        **account,
    )
    ledger.add(
        "channel_telegram",
        id=number,
        bot_name=f"{one.domain.split('.')[0]}_bot",
        bot_token=f"contoh-{number}",
        **account,
    )
    for inbox in one.inboxes:
        ledger.add(
            "inboxes", id=inbox.id, channel_id=inbox.channel_id, name=f"{inbox.label} {one.name}",
            channel_type=inbox.channel_type, timezone=one.zone.key, csat_survey_enabled=True,
            email_address=f"layanan@{one.domain}" if inbox.label == "E-mail" else None, **account,
        )  # fmt: skip
