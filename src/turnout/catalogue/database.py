"""What is said about the database and its schema."""

SENTENCES = {
    "backup.damaged": "{file} is damaged or was cut short. Nothing was changed; use another "
    "backup.",
    "backup.file_exists": "{file} exists already, and is not overwritten. Choose another name.",
    "backup.lost": "The connection to the database was lost: {said}. Nothing was changed; try "
    "again.",
    "backup.none": "{file} is no backup that this program can read. Give a file of `turnout "
    "backup`; if it is one, install the newer Turnout.",
    "backup.not_empty": "The database {path} is not empty (schema {schema}), and a backup is never "
    "restored over data. Set TURNOUT_DATABASE_URL to a new SQLite file or an empty PostgreSQL "
    "database.",
    "backup.nothing": "The database {path} has no tables, so there is nothing to back up. Check "
    "TURNOUT_DATABASE_URL.",
    "backup.unlike": "The backup contradicts itself: rows of {table} refer to rows that it does "
    "not hold. Nothing was changed; use another backup.",
    "request.gone": "The client closed its connection. Nothing was changed.",
    "schema.failed": "The database could not be migrated; see above.",
    "schema.migration": "The migration failed: {said}",
    "schema.newer": "The database has schema {revision}, newer than this program's {head}. Install "
    "the newer Turnout.",
    "schema.none": "The database has no schema yet, this program needs {head}. Run `turnout "
    "migrate`.",
    "schema.older": "The database has schema {version}, this program needs {head}. Run `turnout "
    "migrate`.",
    "store.away": "The database cannot be reached. Nothing was changed; try again.",
    "store.busy": "Too many requests wait for the database. Try again in a second.",
    "store.contention": "Too many changes to the same thing at once. Nothing was changed; try "
    "again.",
    "store.crowded": "The database has no room for more connections or memory. Try again.",
    "store.damaged": "The database is damaged. Nothing was changed; run `turnout doctor`.",
    "store.encoding": "The database {name} has the encoding {encoding}, and Turnout needs "
    "{wanted}.",
    "store.failed": "The database failed. Nothing was changed; try again.",
    "store.full": "Disk full: the database cannot write. Nothing was changed.",
    "store.held": "Somebody else is changing the same thing. Nothing was changed; try again in a "
    "few seconds.",
    "store.late": "The database did not come to this within {seconds:g} seconds. Nothing was "
    "changed; try again.",
    "store.missing": "There is no database at {path}. Run `turnout migrate` to make it, or set "
    "TURNOUT_DATABASE_URL to the one that you mean.",
    "store.no_room": "The database is copied before it is migrated, and {folder} has no room for "
    "{megabytes} MB more. Free some, or copy the file to another disk yourself and run `turnout "
    "migrate --no-copy`.",
    "store.not_a_database": "This is not a Turnout database. Nothing was changed.",
    "store.old_server": "This is PostgreSQL {version}, and Turnout needs {oldest} or newer.",
    "store.pooler": "Between Turnout and PostgreSQL is a pooler in transaction mode, and Turnout "
    "needs sessions: it listens for news, and holds locks.",
    "store.read_only": "Read-only: the database cannot be written.",
    "store.rights": "The role {role} may not: {said}.",
    "store.rights_owner": "The role {role} does not own {count} of the tables, so it cannot "
    "migrate them.",
    "store.rights_schema": "The role {role} may not make tables in the schema {schema}.",
    "store.rights_tables": "The role {role} may not use {count} of the tables and sequences.",
    "store.served": "Another process (number {pid}) serves {path} already, and one SQLite file has "
    "one serving node. Stop that one first; several nodes need PostgreSQL. `turnout work` may run "
    "beside it. (`--allow-second-node` serves the file all the same.)",
    "store.sessions": "The database gives {had} connections, and this process needs {wanted} (and "
    "up to {streams} for long lists): {said}.",
    "store.slow": "The database took too long. Nothing was changed; try again.",
    "store.stalled": "This server stood still in the middle of the change, so the database took it "
    "back. Nothing was changed; try again.",
    "store.stopping": "The server is stopping. Try again.",
    "store.unknown": "The connection to the database was lost while the change was being saved: it "
    "is not known whether it was made. Look whether it is there before you send it again, or send "
    "it again with the same Idempotency-Key.",
    "store.unreachable": "The database {path} cannot be opened: {said}",
    "store.unreachable_server": "The PostgreSQL database cannot be reached: {said}.",
    "store.url": "TURNOUT_DATABASE_URL is not the address of a database: {said}.",
    "store.url_file": "TURNOUT_DATABASE_URL, {url}, names no file; write sqlite:///turnout.db",
    "store.url_scheme": "TURNOUT_DATABASE_URL is not the address of a database: it must begin with "
    "sqlite:/// or postgresql://.",
    "store.write": "The database could not write. Nothing was changed; try again.",
    "stream.broken": "The list broke off: {said}. Ask for it again.",
    "stream.places": "Too many long lists are being read. Try again in a few seconds.",
    "stream.stopped": "The list broke off: the server is stopping. Ask for it again.",
}
