"""What a page says after a click: `kendali.accounts.answers`, under the name the pages of records control use."""

from kendali.accounts.answers import attempt as attempt
from kendali.accounts.answers import field as field
from kendali.accounts.answers import told as told
