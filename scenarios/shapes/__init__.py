"""Has Locust follow the shapes of `diag.loading.shapes`."""
