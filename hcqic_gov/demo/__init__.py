"""The demo centre: a plainly fictional story of 24 months, played through the services."""
