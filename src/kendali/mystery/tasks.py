"""Jobs of mystery calling are found through this module."""

from kendali.mystery import tasks_calls as tasks_calls
from kendali.mystery import tasks_findings as tasks_findings
from kendali.mystery import tasks_people as tasks_people
from kendali.mystery import tasks_plan as tasks_plan
from kendali.mystery import tasks_prepare as tasks_prepare
