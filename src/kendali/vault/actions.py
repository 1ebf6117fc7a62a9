"""What other apps do with keys."""

from kendali.vault.package_keys import (
    current_epoch as current_epoch,
)
from kendali.vault.package_keys import (
    destroy_package_key as destroy_package_key,
)
from kendali.vault.package_keys import (
    new_package_key as new_package_key,
)
from kendali.vault.package_keys import (
    package_key as package_key,
)
