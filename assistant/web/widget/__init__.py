"""The widget: a launcher that any page of the shop loads with one script tag, and the panel that it frames."""
