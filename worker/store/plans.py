"""Lessons' plans in the store, each under its digest."""

from __future__ import annotations

from pydantic import ValidationError

from models.errors import Permanent
from worker.contract.messages import LessonPlan, plan_name
from worker.errors import Missing
from worker.store.base import Store


def keep(store: Store, plan: LessonPlan) -> str:
    """Store a plan, again where it is there already: what a recent plan names is no garbage. Gives its id."""
    plan_id = plan.plan_id()
    store.put(plan_name(plan_id), plan.model_dump_json().encode(), content_type="application/json")
    return plan_id


def read(store: Store, plan_id: str) -> LessonPlan:
    """The plan of that id. Raises Permanent where it is gone, or not what its name says."""
    name = plan_name(plan_id)
    try:
        plan = LessonPlan.model_validate_json(store.get(name)[0])
    except Missing:
        raise Permanent(f"the plan {name} is gone from the store: submit the lesson again") from None
    except ValidationError as error:
        raise Permanent(f"the plan {name} in the store is not valid, or of another version: {error}") from None
    if plan.plan_id() != plan_id:
        raise Permanent(f"the plan {name} in the store is damaged: delete it and submit the lesson again")
    return plan
