"""Dagster's private names, all that the platform uses.

Belongs here: names for which Dagster 1.13 has no public one, each with what it is needed for. A test fails when another
module imports a private name, and the types and the tests of each use when an upgrade takes one away.
"""

# what a selection is called that cannot be read
from dagster._core.definitions.asset_selection import DagsterInvalidAssetSelectionError

# a sensor's answer, from which the requests of an automation condition sensor are put together to ranges
from dagster._core.definitions.sensor_definition import SensorExecutionData

# what `define_asset_job` returns
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

# a code server that is restarting, and what is said of a worker that is gone
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.events import EngineEventData

# what a failed step said itself
from dagster._core.execution.plan.objects import StepFailureData

# which program watches over a step's output
from dagster._core.execution.scripts import watch_orphans
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus

# how a sensor is and what its looks came to
from dagster._core.scheduler.instigation import InstigatorState, InstigatorTick, TickStatus

# how checks are planned for a range
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, AssetKeyTable, SqlEventLogStorageTable

# where a run's worker is, and whether Dagster starts it again
from dagster._core.storage.tags import GRPC_INFO_TAG, WILL_RETRY_TAG
from dagster._grpc import CanCancelExecutionRequest, CanCancelExecutionResult
from dagster._grpc.client import DagsterGrpcClient

# what Dagster makes a storage or a launcher of
from dagster._serdes import ConfigurableClassData

__all__ = [
    "GRPC_INFO_TAG",
    "WILL_RETRY_TAG",
    "AssetCheckExecutionRecordStatus",
    "AssetCheckExecutionsTable",
    "AssetKeyTable",
    "CanCancelExecutionRequest",
    "CanCancelExecutionResult",
    "CheckRunHealthResult",
    "ConfigurableClassData",
    "DagsterGrpcClient",
    "DagsterInvalidAssetSelectionError",
    "DagsterUserCodeUnreachableError",
    "EngineEventData",
    "InstigatorState",
    "InstigatorTick",
    "SensorExecutionData",
    "SqlEventLogStorageTable",
    "StepFailureData",
    "TickStatus",
    "UnresolvedAssetJobDefinition",
    "WorkerStatus",
    "watch_orphans",
]
