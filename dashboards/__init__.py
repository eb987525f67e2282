"""The Dash shell: the centre's KPIs as tables and charts; holds no rule."""
