"""The chat page and the HTTP server under it."""

import os

# Gradio reads these while it is imported; every module that imports Gradio lies below this one.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
# Else it computes statistics over the last 10,000 calls, with pandas, after each call: nobody reads them here.
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**12)
os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
