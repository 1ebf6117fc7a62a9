"""WSGI entry point for granian."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

from kendali.home import gate

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kendali.settings")
application = get_wsgi_application()
import_module("kendali.urls")  # the first visitor would wait for it
gate.wait()
