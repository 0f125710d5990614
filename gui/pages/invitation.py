"""What a page shows while there are no pictures: what to open next, as the session stands."""

from pathlib import Path

from ..session import Session
from ..settings import Settings
from ..widgets.welcome import Welcome


class Invitation(Welcome):
    """A welcome that follows the session."""

    def __init__(self, session: Session, settings: Settings) -> None:
        super().__init__(settings.recent("models"))
        self._session = session
        session.model_loaded.connect(lambda _: self.refresh())
        session.model_loading.connect(lambda _: self.refresh())
        session.model_failed.connect(lambda *_: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Say what is wanted now, in the colours of now."""
        if self._session.loading:
            self.say_loading(Path(self._session.loading).name)
        elif self._session.model is None:
            self.say_no_model()
        else:
            self.say_no_pictures()
