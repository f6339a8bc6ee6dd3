"""The lake in a bucket of S3, or of any server that speaks its protocol.

The client is dagster-aws's `S3Resource`. Keys, region and endpoint come from `AWS_*` and `AWS_ENDPOINT_URL` as with any
AWS tool. Requests are signed unless `AWS_NO_SIGN_REQUEST` is set (to anything): a public bucket needs no keys, and
falling back to unsigned requests by itself would turn forgotten keys into a puzzling "access denied".
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore import exceptions as boto  # type: ignore[import-untyped]  # botocore ships no types
from dagster_aws.s3 import S3Resource

from acme_platform.errors import AcmeError, MendInput, TryAgain
from acme_platform.lake.object import LakeObject, checked, is_visible

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER = 1 << 18
#: answers of the 4xx range that a later attempt can change
PASSING = {
    "RequestTimeout",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "ConditionalRequestConflict",
}
#: mistakes of the configuration that botocore finds before it asks the server
MISTAKES = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.ProfileNotFound,
    boto.ParamValidationError,
    boto.InvalidRegionError,
)


class S3Lake:
    """Objects of `bucket` whose names begin with `prefix/`; keys are what follows it."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self.bucket = bucket
        self.prefix = f"{prefix}/" if prefix else ""
        self.client = _client(self.uri(""))

    def list(self, prefix: str, after: str = "") -> Iterator[LakeObject]:
        with _explained(self.uri(prefix)):
            # Not every server takes an empty StartAfter.
            start = {"StartAfter": self.prefix + after} if after else {}
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.prefix + prefix, **start
            )
            for page in pages:
                for item in page.get("Contents", ()):
                    key = item["Key"].removeprefix(self.prefix)
                    # consoles make "folders" as empty objects whose names end in a slash
                    if is_visible(key) and (item["Size"] or not key.endswith("/")):
                        yield LakeObject(key, item["Size"], item["ETag"].strip('"'), item["LastModified"])

    def others(self, prefix: str) -> Iterator[tuple[LakeObject, str]]:  # noqa: ARG002  # the seam's
        """A bucket holds objects and nothing else."""
        return iter(())

    def stat(self, key: str) -> LakeObject | None:
        with _explained(self.uri(key)):
            try:
                head = self.client.head_object(Bucket=self.bucket, Key=self.prefix + checked(key))
            except boto.ClientError as error:
                if _status(error) == HTTPStatus.NOT_FOUND:
                    return None
                raise
        return LakeObject(key, head["ContentLength"], head["ETag"].strip('"'), head["LastModified"])

    def open(self, file: LakeObject) -> BinaryIO:
        where = self.uri(file.key)
        with _explained(where):
            name = self.prefix + checked(file.key)
            answer = self.client.get_object(Bucket=self.bucket, Key=name, IfMatch=f'"{file.etag}"')
        return BufferedReader(_Body(answer["Body"], where), BUFFER)

    def unchanged(self, file: LakeObject) -> bool:
        seen = self.stat(file.key)
        return seen is not None and (seen.size, seen.etag) == (file.size, file.etag)

    def put(self, key: str, source: BinaryIO) -> LakeObject:
        with _explained(self.uri(key)):
            self.client.upload_fileobj(source, self.bucket, self.prefix + checked(key))
        seen = self.stat(key)
        if seen is None:
            raise TryAgain(f"{self.uri(key)} is not there after it was written", "deliver it again")
        return seen

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{self.prefix}{key}"


def _client(where: str) -> Any:  # noqa: ANN401  # botocore makes its classes as it goes
    unsigned = bool(os.environ.get("AWS_NO_SIGN_REQUEST"))
    # of an endpoint that is no URL it says so and quotes it, with all that stands in it
    with _explained(where), suppress(ValueError):
        # three attempts, because the run that asked is itself tried again
        return S3Resource(max_attempts=3, use_unsigned_session=unsigned).get_client()
    raise MendInput(f"{where} cannot be asked for: its endpoint is no URL", "mend endpoint_url of the profile of AWS")


class _Body(RawIOBase):
    """The body of an answer as an ordinary stream; a connection that breaks in the middle is TryAgain."""

    def __init__(self, body: BinaryIO, where: str) -> None:
        self.body = body
        self.where = where

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        with _explained(self.where):
            data = self.body.read(len(memoryview(buffer)))
        memoryview(buffer)[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self.body.close()
        super().close()


@contextmanager
def _explained(where: str) -> Iterator[None]:
    try:
        yield
    except boto.ClientError as error:
        raise _refusal(where, error) from error
    except MISTAKES as error:
        raise MendInput(f"{where} cannot be asked for: {error}", "set ACME_LAKE_URL and the AWS_* variables") from error
    except (boto.BotoCoreError, boto.HTTPClientError) as error:
        raise TryAgain(f"the connection to {where} failed: {error}", "check AWS_ENDPOINT_URL") from error


def _refusal(where: str, error: boto.ClientError) -> AcmeError:
    """What the server's answer means for the reader."""
    code, said = error.response["Error"].get("Code", "?"), error.response["Error"].get("Message", "")
    status = _status(error)
    if code == "NoSuchBucket":
        return MendInput(f"{where}: the bucket does not exist", "create it, or mend ACME_LAKE_URL")
    if status == HTTPStatus.PRECONDITION_FAILED:
        return TryAgain(f"{where} was replaced since it was found")
    if status == HTTPStatus.NOT_FOUND:
        return TryAgain(f"{where} is gone")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or code in PASSING:
        return TryAgain(f"{where}: the server was not ready ({code}: {said})")
    return MendInput(f"{where}: the server refuses ({code}: {said})", "check the keys in AWS_* and the bucket's policy")


def _status(error: boto.ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
