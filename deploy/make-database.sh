#!/bin/sh
# Makes the role of the service and its database. The role owns that database, and nothing else. The image of PostgreSQL runs
# this once, when its volume is empty; by hand, run it as the administrator of the server.
set -eu
psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres \
  --set=password="$(cat "${PASSWORD_FILE:-/run/secrets/database-password}")" <<'SQL'
CREATE ROLE compliance LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE compliance OWNER compliance ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE compliance FROM PUBLIC;
SQL
