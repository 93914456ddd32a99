"""A form for the greeting and the sign-off of the learner's shop."""

from ftwidgets.widgets.shop.shop_form import ShopForm as ShopForm

__all__ = ["ShopForm"]
