"""All addresses, with those of this room whether or not the product's list names them yet."""

from django.urls import include, path

from zhike.config import urls as product

handler400, handler403 = product.handler400, product.handler403
handler404, handler500 = product.handler404, product.handler500
urlpatterns = [path("", include("zhike.loyalty.urls")), *product.urlpatterns]
