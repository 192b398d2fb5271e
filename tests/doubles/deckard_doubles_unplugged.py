"""A voice whose library is not installed."""

import a_library_that_nobody_has as library

Robot = library.Robot
