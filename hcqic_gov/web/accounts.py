"""Signing in: Flask-Security on our tables; argon2, lock-out, optional second factor."""

from datetime import UTC, datetime
from typing import Any, cast

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_security import LoginForm, Security, SQLAlchemySessionUserDatastore, user_authenticated, user_failed_authn

from hcqic_gov.people.models import Person, RoleRow
from hcqic_gov.people.queries import actor_of
from hcqic_gov.people.service import note_failed_sign_in, note_sign_in
from hcqic_gov.settings import Settings
from hcqic_gov.web.centre import current_session, now, session


def configuration(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret("secret_key"),
        "SECURITY_PASSWORD_SALT": settings.secret("password_salt"),
        "SECURITY_TOTP_SECRETS": {"1": settings.secret("totp")},
        "SECURITY_TOTP_ISSUER": "HCQIC",
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_LENGTH_MIN": 12,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
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
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.behind_tls,
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": settings.behind_tls,
        "PERMANENT_SESSION_LIFETIME": 8 * 3600,
    }


class SignInForm(LoginForm):
    """Flask-Security's form, which also looks whether the account is locked once the password was right."""

    def validate(self, **options: Any) -> bool:
        if not super().validate(**options):
            return False
        person = cast(Person, self.user)
        if person.locked_until is None or person.locked_until <= now():
            return True
        self.form_errors: list[str] = ["This account is locked after repeated failures. Try again in 15 minutes."]
        return False


def on_authenticated(_app: Flask, user: Person, **_details: object) -> None:
    note_sign_in(session(), user, actor=actor_of(user), now=now())


def on_failed(_app: Flask, user: Person | None = None, **_details: object) -> None:
    if user is not None:
        note_failed_sign_in(session(), user, actor=actor_of(user), now=now())


def install(app: Flask, settings: Settings) -> None:
    """Accounts, and a limit on attempts to sign in from one address."""
    app.config.update(configuration(settings))
    Security(app, SQLAlchemySessionUserDatastore(current_session, Person, RoleRow), login_form=SignInForm)  # type: ignore[arg-type]
    user_authenticated.connect(on_authenticated, app)
    user_failed_authn.connect(on_failed, app)
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")
    for endpoint in ("security.login", "security.two_factor_token_validation", "security.mf_recovery"):
        limited = limiter.limit(settings.sign_in_rate, methods=["POST"])(app.view_functions[endpoint])
        app.view_functions[endpoint] = cast(Any, limited)
