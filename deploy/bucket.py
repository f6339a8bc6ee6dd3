"""Make the lake's bucket unless it is there: the one-shot `bucket` of compose.yaml.

Not here: anything of the platform. A bucket of a cloud is made by whoever owns the account.
"""

import os
import sys
from urllib.parse import urlsplit

from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # botocore ships no types
from dagster_aws.s3 import S3Resource

THERE = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}


def main() -> None:
    bucket = urlsplit(os.environ["ACME_LAKE_URL"]).netloc
    try:
        S3Resource().get_client().create_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] not in THERE:
            raise
    sys.stdout.write(f"the bucket {bucket} is there\n")


if __name__ == "__main__":
    main()
