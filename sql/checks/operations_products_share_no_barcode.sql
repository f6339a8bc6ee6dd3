-- Two products of one day's copy have different barcodes.
select
    barcode,
    count(*) as products
from staging.operations_products
where day = %(day)s
group by barcode
having count(*) > 1;
