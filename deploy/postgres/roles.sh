#!/bin/sh
# Makes the two roles and the database of Kendali; run once by the postgres image when its volume is empty.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres -v owner="$KENDALI_OWNER_PASSWORD" -v app="$KENDALI_APP_PASSWORD" <<'SQL'
CREATE ROLE kendali_owner LOGIN PASSWORD :'owner';
CREATE ROLE kendali_app LOGIN PASSWORD :'app';
CREATE DATABASE kendali OWNER kendali_owner;
REVOKE CONNECT, TEMPORARY ON DATABASE kendali FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE kendali TO kendali_app;
SQL
