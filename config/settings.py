"""Settings; every value can come from an environment variable (docs/configuration.md)."""

from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "development"
INSTALLED_APPS = ["classifier"]
EARMARK_MODEL = "mfcc-cnn-1"
EARMARK_MODELS_DIR = BASE_DIR / "ml_models"
