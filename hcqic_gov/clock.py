"""The Celery application of the clock: it sends the periodic jobs, and knows nothing of what they do."""

from hcqic_gov.dispatch import make_celery
from hcqic_gov.settings import Settings

celery = make_celery(Settings())
