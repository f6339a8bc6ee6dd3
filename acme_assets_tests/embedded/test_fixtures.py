"""The fixtures that all tests stand on."""

from contextlib import closing

import boto3  # type: ignore[import-untyped]  # boto3 ships no types
import psycopg2
import pytest
import redis

from acme_platform.config.settings import Settings


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_starts_with_an_empty_warehouse_of_its_own(warehouse_url: str, turn: int) -> None:
    with closing(psycopg2.connect(warehouse_url)) as connection, connection.cursor() as cursor:
        cursor.execute("create table public.left_behind as select %s as turn", (turn,))
        connection.commit()


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_starts_with_an_empty_redis_of_its_own(redis_url: str, turn: int) -> None:
    with closing(redis.Redis.from_url(redis_url)) as client:
        assert client.dbsize() == 0
        client.set("left behind", turn)


def test_a_bucket_is_reached_by_the_environment_alone(s3_bucket: str) -> None:
    with closing(boto3.client("s3")) as client:
        client.put_object(Bucket=s3_bucket, Key="a", Body=b"1")

        assert client.get_object(Bucket=s3_bucket, Key="a")["Body"].read() == b"1"


def test_settings_hold_an_address_for_every_service(settings: Settings) -> None:
    assert None not in (settings.warehouse_url, settings.dagster_url, settings.redis_url)
    assert settings.home.is_dir()
