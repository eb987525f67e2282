"""Signing in: Flask-Security on our tables; argon2, lock-out, optional second factor."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, cast

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import user_logged_out  # type: ignore[import-untyped]
from flask_security import (
    LoginForm,
    Security,
    SQLAlchemySessionUserDatastore,
    TwoFactorVerifyCodeForm,
    password_changed,
    tf_disabled,
    tf_profile_changed,
    user_authenticated,
    user_failed_authn,
)

from hcqic_gov.people import sign_ins
from hcqic_gov.people.models import Person, RoleRow
from hcqic_gov.people.queries import actor_of
from hcqic_gov.people.service import note_account_change, note_failed_sign_in, note_sign_in, note_sign_out
from hcqic_gov.settings import Settings
from hcqic_gov.web.centre import current_session, now, session, writes
from hcqic_gov.web.origin import origin, remember_browser

FAILED = (
    "We cannot sign you in: the address or the password is not right, or the account is locked. "
    "An account is locked for 15 minutes or longer after repeated failures, but not where you signed in before."
)
"""Said of every failure, so that it tells nobody which of these it is."""


def configuration(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret("secret_key"),
        "SECURITY_VERIFY_URL": "/confirm-password",  # /verify is the page that checks a report
        "SECURITY_PASSWORD_SALT": settings.secret("password_salt"),
        "SECURITY_TOTP_SECRETS": {"1": settings.secret("totp")},
        "SECURITY_TOTP_ISSUER": "HCQIC",
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_LENGTH_MIN": 12,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_MSG_GENERIC_AUTHN_FAILED": (FAILED, "error"),
        "SECURITY_CHANGEABLE": True,
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_DATETIME_FACTORY": lambda: datetime.now(UTC),
        "SECURITY_LOGIN_URL": "/sign-in",
        "SECURITY_LOGOUT_URL": "/sign-out",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_POST_LOGIN_VIEW": "/home",
        "SECURITY_POST_LOGOUT_VIEW": "/",
        "SECURITY_POST_CHANGE_VIEW": "/home",
        "SECURITY_CSRF_COOKIE_NAME": None,
        "SECURITY_CACHE_CONTROL": None,  # web/headers.py sets it, and without the faulty `no-store=True`
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.behind_tls,
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": settings.behind_tls,
        "PERMANENT_SESSION_LIFETIME": 8 * 3600,
    }


def is_locked(person: Person) -> bool:
    return sign_ins.is_locked(session(), person.key, origin(), now=now())


class SignInForm(LoginForm):
    """Flask-Security's form, which keeps a locked account shut to the right password too, with the same words."""

    def validate(self, **options: Any) -> bool:
        right = super().validate(**options)
        if right and is_locked(cast(Person, self.user)):
            self.password.errors = ["locked"]  # shown as FAILED, like every other error of this field
            return False
        return right


class CodeForm(TwoFactorVerifyCodeForm):
    """The second factor: a sign-in that was begun before the account was locked ends there."""

    def validate(self, **options: Any) -> bool:
        if self.is_setup or not is_locked(cast(Person, self.user)):
            return super().validate(**options)
        self.form_errors: list[str] = [FAILED]
        return False


def on_authenticated(_app: Flask, user: Person, **_details: object) -> None:
    remember_browser()
    note_sign_in(session(), user, origin(), actor=actor_of(user), now=now())


def on_failed(_app: Flask, user: Person | None = None, **_details: object) -> None:
    if user is not None:
        note_failed_sign_in(session(), user, origin(), actor=actor_of(user), now=now())


def on_signed_out(_app: Flask, user: Person, **_details: object) -> None:
    """Not where a step of the second factor, asked for out of turn, forgets who came: that only reads."""
    if writes():
        note_sign_out(session(), user, actor=actor_of(user), now=now())


def on_account_change(what: str) -> Callable[..., None]:
    """A person changed their own account: their password or their second factor."""

    def note(_app: Flask, user: Person, **_details: object) -> None:
        note_account_change(session(), what, user, actor=actor_of(user), now=now())

    return note


NOTED = (
    (user_authenticated, on_authenticated),
    (user_failed_authn, on_failed),
    (user_logged_out, on_signed_out),
    (password_changed, on_account_change("change_password")),
    (tf_profile_changed, on_account_change("set_second_factor")),
    (tf_disabled, on_account_change("remove_second_factor")),
)
"""What happens to accounts, and what enters it into the audit trail."""


LIMITED = (
    "security.login",
    "security.two_factor_token_validation",
    "security.mf_recovery",
    "security.verify",
    "security.change_password",
)
"""Where a password or a code can be guessed."""


def install(app: Flask, settings: Settings) -> Limiter:
    """Accounts, and a limit on attempts to sign in from one address."""
    app.config.update(configuration(settings))
    datastore = SQLAlchemySessionUserDatastore(current_session, Person, RoleRow)  # type: ignore[arg-type]
    Security(app, datastore, login_form=SignInForm, two_factor_verify_code_form=CodeForm)
    for signal, handler in NOTED:
        signal.connect(handler, app, weak=False)
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    limit(app, limiter, LIMITED, settings.sign_in_rate)
    return limiter


def limit(app: Flask, limiter: Limiter, endpoints: Iterable[str], rate: str) -> None:
    """So many posts from one address to each of these."""
    for endpoint in endpoints:
        view = app.view_functions[endpoint]
        limited = cast(Any, limiter.limit(rate, methods=["POST"])(view))
        app.view_functions[endpoint] = limited
