"""How what was archived of a source is read again: conversations as a chat, and whose record it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from kendali.connectors.asterisk import told as asterisk_told
from kendali.connectors.call import CallModule
from kendali.connectors.chat import ChatModule
from kendali.connectors.chatwoot import chat as chatwoot_chat
from kendali.connectors.folder_drop import chat as folder_drop_chat
from kendali.connectors.folder_drop import told as folder_drop_told

# Kind of source → its module. Archived conversations are read by the kind of their source for as long as they live.
CHATS: Mapping[str, ChatModule] = {
    "chatwoot": cast(ChatModule, chatwoot_chat),
    "folder_drop": cast(ChatModule, folder_drop_chat),
}
CALLS: Mapping[str, CallModule] = {
    "asterisk": cast(CallModule, asterisk_told),
    "folder_drop": cast(CallModule, folder_drop_told),
}
