"""The Flask extensions, made once and bound by ``app.create_app``."""

from __future__ import annotations

from flask_babel import Babel
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from assessments.base import Base

# metadata=, not model_class=: the latter breaks once Base has a type_annotation_map (ARCHITECTURE.md).
db = SQLAlchemy(metadata=Base.metadata)
babel = Babel()
login = LoginManager()
migrate = Migrate()
csrf = CSRFProtect()
