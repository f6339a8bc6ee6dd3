"""The platform: what any company runs its own feeds on. It knows no feed and no word of any business.

Belongs here: its rooms, of which a lower one never imports a higher one (`acme_assets_tests/test_rooms.py`).
Not here: feeds, their SQL and their samples (`acme_assets`).
"""
