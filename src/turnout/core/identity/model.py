"""Organizations, users and credentials, and the pure rules about them."""

import enum

import msgspec


class Role(enum.StrEnum):
    """What a user may do: its own account, those of its agent, or the whole distributor."""

    ACCT = "Acct"
    AGENT = "Agent"
    ADMIN = "Admin"


class CredentialKind(enum.StrEnum):
    """Which door a credential opens."""

    API_KEY = "api_key"
    COMPANY_TOKEN = "company_token"
    EVENT_TOKEN = "event_token"
    DEVELOPER_SECRET = "developer_secret"
    PASSWORD = "password"


class Organization(msgspec.Struct, frozen=True):
    """One account; everything else belongs to exactly one. Instants in epoch ms.

    `rate_limit` is requests a minute and endpoint: None = the server's default, 0 = no limit.
    """

    org_id: int
    uuid: str
    slug: str
    name: str
    timezone: str
    locale: str
    rate_limit: int | None


class User(msgspec.Struct, frozen=True):
    """A person who works with Turnout; `user_code` is unique in the installation."""

    org_id: int
    id: int
    user_code: str
    role: Role
    name: str
    email: str


class Credential(msgspec.Struct, frozen=True):
    """A credential as lists show it; the secret itself is never kept. Instants in epoch ms."""

    org_id: int
    id: int
    kind: CredentialKind
    name: str
    hint: str
    user_id: int | None
    event_id: int | None
    created_at: int
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None

    def state(self, now: int) -> str:
        """`active`, `expired` or `revoked` at the instant `now` (epoch ms)."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "active"


class Caller(msgspec.Struct, frozen=True):
    """Who asks: the credential that was shown, and the organization it speaks for."""

    org_id: int
    credential_id: int

    @property
    def actor(self) -> str:
        """The caller's name in audit entries."""
        return f"credential:{self.credential_id}"
