"""The package's schema: what a program in any language may declare and ask.

Derived from the models, the lookups and the component's arguments; deterministic.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
import types
import typing
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter
from pydantic.alias_generators import to_camel

from omics_components import component
from omics_components.engine.dynamic.values import python_name
from omics_components.engine.native.settings import PACKAGE, TAKE_OVER
from omics_components.native.base import package_version
from omics_components.native.package import (
    COMPONENT,
    FUNCTIONS,
    KINDS,
    ServedKind,
    component_arguments,
    component_outputs,
    function_token,
    list_name,
)
from omics_components.schema.base import Model, field_specs, wire_name

Spec = dict[str, Any]

_ANY: Spec = {"$ref": "pulumi.json#/Any"}

_COMPUTED_INPUTS = frozenset(
    {"encryption", "lifecycle", "objectOwnership", "publicAccessBlock", "tagsAll"}
)
"""Fields of inputs that no program sets."""

_OPTIONAL_OUTPUTS = frozenset(
    {
        "abortIncompleteMultipartUploadDays",
        "administrators",
        "alias",
        "accessLogLocation",
        "bucket",
        "description",
        "encryption",
        "expirationDays",
        "fallbackLocation",
        "kmsKeyArn",
        "lifecycle",
        "noncurrentExpirationDays",
        "objectOwnership",
        "propagatedSetLevelTags",
        "publicAccessBlock",
        "readers",
        "replaceTriggers",
        "sseConfig",
        "statusMessage",
        "tags",
        "tagsAll",
        "updateTime",
        "users",
        "writer",
    }
)
"""Outputs that a resource may be without."""

_DERIVED = {
    "arn": "ARN; the Pulumi id.",
    "bucketName": "Name of the bucket; the Pulumi id.",
    "keyId": "Id of the key.",
    "s3AccessPointArn": "ARN of the store's access point; the Pulumi id.",
    "sequenceStoreId": "Id of the store, 10 to 36 digits.",
}

_ROLE = f"#/types/{PACKAGE}:index:AssumeRole"
_TAGS = f"#/types/{PACKAGE}:index:DefaultTags"
_TEXT: Spec = {"type": "string"}
_TEXTS: Spec = {"type": "array", "items": _TEXT}
_TEXT_MAP: Spec = {"type": "object", "additionalProperties": _TEXT}

_CONFIGURATION: Mapping[str, Spec] = {
    "region": {**_TEXT, "description": "Region of resources that name none."},
    "profile": {**_TEXT, "description": "Profile of the shared configuration files."},
    "assumeRoles": {
        "type": "array",
        "items": {"$ref": _ROLE},
        "description": "Roles to assume, one after the other.",
    },
    "allowedAccountIds": {**_TEXTS, "description": "Accounts that may be reached."},
    "forbiddenAccountIds": {**_TEXTS, "description": "Accounts that must not be reached."},
    "defaultTags": {"$ref": _TAGS, "description": "Tags of every resource."},
    "endpoints": {
        "type": "array",
        "items": _TEXT_MAP,
        "description": "URLs by service, for other endpoints than AWS's own.",
    },
    "maxRetries": {"type": "integer", "description": "How often a call that fails is repeated."},
    "s3UsePathStyle": {
        "type": "boolean",
        "description": "Whether S3 is called without the bucket in the host name.",
    },
    "skipMetadataApiCheck": {
        "type": "boolean",
        "description": "Whether credentials of an EC2 instance's role are not used.",
    },
    TAKE_OVER: {
        **_TEXT,
        "description": "Comma-separated ids that may be adopted although others made them.",
    },
}

_CONFIGURATION_TYPES: Mapping[str, Spec] = {
    f"{PACKAGE}:index:AssumeRole": {
        "type": "object",
        "description": "A role to assume.",
        "properties": {
            "roleArn": {**_TEXT, "description": "ARN of the role."},
            "sessionName": {**_TEXT, "description": "Name of the session."},
            "externalId": {**_TEXT, "description": "External id that the role asks for."},
            "duration": {**_TEXT, "description": "How long credentials last, such as `1h`."},
            "policy": {**_TEXT, "description": "A policy that narrows the session, as JSON."},
            "policyArns": {**_TEXTS, "description": "ARNs of policies that narrow the session."},
            "tags": {**_TEXT_MAP, "description": "Tags of the session."},
            "transitiveTagKeys": {**_TEXTS, "description": "Tags that later sessions keep."},
            "sourceIdentity": {**_TEXT, "description": "Source identity of the session."},
        },
        "required": ["roleArn"],
    },
    f"{PACKAGE}:index:DefaultTags": {
        "type": "object",
        "description": "Tags of every resource of a provider.",
        "properties": {"tags": {**_TEXT_MAP, "description": "The tags."}},
        "required": ["tags"],
    },
}


@cache
def schema_json() -> str:
    """Return the schema as JSON text; equal for equal versions."""
    return json.dumps(schema(), sort_keys=True)


def schema() -> Spec:
    """Compose the schema."""
    kinds: dict[str, Spec] = dict(_CONFIGURATION_TYPES)
    resources = {kind.token: _resource(kind, kinds) for kind in KINDS}
    resources[COMPONENT] = _component()
    return {
        "name": PACKAGE,
        "displayName": "AWS HealthOmics sequence stores",
        "version": package_version(),
        "description": "AWS HealthOmics sequence stores: safe to create, change and preview.",
        "license": "Apache-2.0",
        "keywords": ["pulumi", "aws", "healthomics", "genomics"],
        "config": {"variables": dict(_CONFIGURATION)},
        "provider": {
            "description": "Reaches one account and Region.",
            "inputProperties": dict(_CONFIGURATION),
        },
        "types": kinds,
        "resources": resources,
        "functions": {function_token(one): _function(one, kinds) for one in FUNCTIONS},
        "language": {
            "csharp": {"respectSchemaVersion": True},
            "go": {
                "generateResourceContainerTypes": True,
                "importBasePath": "omics-components/sdk/go/omicscomponents",
                "respectSchemaVersion": True,
            },
            "nodejs": {"packageName": "omics-components", "respectSchemaVersion": True},
            "python": {
                "packageName": "pulumi_omics_components",
                "pyproject": {"enabled": True},
                "respectSchemaVersion": True,
            },
        },
    }


def _resource(kind: ServedKind, kinds: dict[str, Spec]) -> Spec:
    handler = kind.handler
    inputs = _fields(handler.inputs_type, kinds, "validation", enums=True)
    accepted = {
        name: spec
        for name, spec in inputs.items()
        if name not in _COMPUTED_INPUTS and (name != "policy" or "readers" in inputs)
    }
    for name, _, fact in field_specs(handler.inputs_type):
        wire = wire_name(handler.inputs_type, name)
        if wire in accepted and fact.create_only:
            accepted[wire]["willReplaceOnChanges"] = True
    outputs = _fields(handler.state_type, kinds, "serialization")
    for name, spec in outputs.items():
        documented = getattr(kind.resource, python_name(name), None)
        described = inputs.get(name, {}).get("description") or inspect.getdoc(documented)
        spec.setdefault("description", described or "")
    for name in kind.derived(""):
        outputs[name] = {"type": "string", "description": _DERIVED[name]}
    return {
        "description": _summary(kind.resource),
        "inputProperties": accepted,
        "requiredInputs": list(kind.required),
        "properties": {
            name: {key: value for key, value in spec.items() if key != "default"}
            for name, spec in outputs.items()
        },
        "required": sorted(outputs.keys() - _OPTIONAL_OUTPUTS),
        "aliases": [{"type": kind.dynamic_token}],
    }


def _component() -> Spec:
    documented = _attribute_docs(component.EncryptedSequenceStoreArgs)
    inputs: dict[str, Spec] = {}
    for name, hint in component_arguments().items():
        spec, is_plain = _spec_of_hint(hint)
        spec["description"] = documented.get(name, "")
        if is_plain:
            spec["plain"] = True
        inputs[to_camel(name)] = spec
    told = _attribute_docs(component.EncryptedSequenceStore)
    outputs: dict[str, Spec] = {}
    required = []
    for name, hint in component_outputs().items():
        (inner,) = typing.get_args(hint)
        spec, _ = _spec_of_hint(inner)
        spec["description"] = told.get(name, "")
        outputs[to_camel(name)] = spec
        if type(None) not in typing.get_args(inner):
            required.append(to_camel(name))
    return {
        "isComponent": True,
        "description": _summary(component.EncryptedSequenceStore),
        "inputProperties": inputs,
        "properties": outputs,
        "required": sorted(required),
    }


def _function(function: Callable[..., Any], kinds: dict[str, Spec]) -> Spec:
    hints = get_type_hints(function, include_extras=True)
    result = hints.pop("return")
    documented = _arguments_in(function)
    properties: dict[str, Spec] = {}
    for name, hint in hints.items():
        raw = TypeAdapter(hint).json_schema(by_alias=True)
        spec = _spec(raw, {}, kinds, "")
        properties[to_camel(name)] = {**spec, "description": documented.get(name, "")}
    signature = inspect.signature(function)
    required = [
        to_camel(name)
        for name, parameter in signature.parameters.items()
        if parameter.default is inspect.Parameter.empty
    ]
    listed = list_name(function)
    item = typing.get_args(result)[0] if listed else result
    raw = TypeAdapter(item).json_schema(by_alias=True, mode="serialization")
    outputs = _object(raw, raw.get("$defs", {}), kinds)
    if listed:
        token = _register(raw, raw.get("$defs", {}), kinds)
        outputs = {
            "properties": {
                listed: {
                    "type": "array",
                    "items": {"$ref": f"#/types/{token}"},
                    "description": "What was found, in AWS's order.",
                }
            },
            "required": [listed],
        }
    return {
        "description": _summary(function),
        "inputs": {"type": "object", "properties": properties, "required": required},
        "outputs": {"type": "object", **outputs},
    }


def _fields(
    model: type[Model], kinds: dict[str, Spec], mode: Any, *, enums: bool = False
) -> dict[str, Spec]:
    raw = model.model_json_schema(by_alias=True, mode=mode)
    definitions = raw.get("$defs", {})
    return {
        name: _described(field, _spec(field, definitions, kinds, name if enums else ""))
        for name, field in raw["properties"].items()
    }


def _described(raw: Spec, spec: Spec) -> Spec:
    spec = dict(spec)
    if raw.get("description"):
        spec["description"] = raw["description"]
    if isinstance(raw.get("default"), str | bool | int) and raw.get("default") != "":
        spec["default"] = raw["default"]
    return spec


def _spec(  # noqa: PLR0911 one for each form of JSON schema
    raw: Spec, definitions: Mapping[str, Spec], kinds: dict[str, Spec], name: str
) -> Spec:
    """Turn JSON schema into Pulumi's.

    Args:
        raw: A type, in JSON schema.
        definitions: Its named types.
        kinds: The package's types; what is met is added.
        name: The property, if an enumeration becomes a type named after it.
    """
    if "anyOf" in raw:
        options = [one for one in raw["anyOf"] if one.get("type") != "null"]
        specs = [_spec(one, definitions, kinds, name) for one in options]
        return specs[0] if all(one == specs[0] for one in specs) else dict(_ANY)
    if "$ref" in raw:
        target = definitions[raw["$ref"].rpartition("/")[2]]
        return {"$ref": f"#/types/{_register(target, definitions, kinds)}"}
    if "const" in raw:
        return {"type": "string", "const": raw["const"]}
    if "enum" in raw and name:
        token = f"{PACKAGE}:index:{name[:1].upper()}{name[1:]}"
        kinds[token] = {
            "type": "string",
            "description": raw.get("description", ""),
            "enum": [{"name": _constant(value), "value": value} for value in raw["enum"]],
        }
        return {"$ref": f"#/types/{token}"}
    match raw.get("type"):
        case "array":
            return {"type": "array", "items": _spec(raw["items"], definitions, kinds, name)}
        case "object" if isinstance(raw.get("additionalProperties"), dict):
            item = _spec(raw["additionalProperties"], definitions, kinds, name)
            return {"type": "object", "additionalProperties": item}
        case "string" | "integer" | "boolean" | "number" as kind:
            return {"type": kind}
        case _:
            return dict(_ANY)


def _register(raw: Spec, definitions: Mapping[str, Spec], kinds: dict[str, Spec]) -> str:
    token = f"{PACKAGE}:index:{raw['title'].removesuffix('State')}"
    if token not in kinds:
        kinds[token] = {}
        kinds[token] = {
            "type": "object",
            "description": _first_paragraph(raw.get("description", "")),
            **_object(raw, definitions, kinds),
        }
    return token


def _object(raw: Spec, definitions: Mapping[str, Spec], kinds: dict[str, Spec]) -> Spec:
    properties = {
        name: {
            key: value
            for key, value in _described(field, _spec(field, definitions, kinds, "")).items()
            if key != "default"
        }
        for name, field in raw["properties"].items()
    }
    return {"properties": properties, "required": list(raw.get("required", ()))}


def _spec_of_hint(hint: Any) -> tuple[Spec, bool]:
    """Turn an annotation of the component into Pulumi's schema; say whether it is plain."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        names = [getattr(one, "__name__", str(one)) for one in map(_bare, arguments)]
        inner = [
            one
            for one, name in zip(arguments, names, strict=True)
            if name not in ("Awaitable", "Output", "NoneType")
        ]
        is_input = "Output" in names
        spec = _spec_of_hint(inner[0])[0] if len(inner) == 1 else dict(_ANY)
        return spec, not is_input
    if hint is typing.Any:
        return dict(_ANY), True
    name = getattr(_bare(hint), "__name__", "")
    if name in ("Sequence", "list"):
        return {"type": "array", "items": _spec_of_hint(arguments[0])[0]}, True
    if name in ("Mapping", "dict"):
        return {"type": "object", "additionalProperties": _spec_of_hint(arguments[1])[0]}, True
    return {"type": {"str": "string", "bool": "boolean", "int": "integer"}[name]}, True


def _bare(hint: Any) -> Any:
    return typing.get_origin(hint) or hint


def _constant(value: str) -> str:
    return re.sub("[^0-9A-Za-z]+", " ", value).title().replace(" ", "") if "-" in value else value


def _summary(documented: Any) -> str:
    """Return a docstring up to its list of arguments, as one text of paragraphs."""
    text = inspect.cleandoc(documented.__doc__ or "")
    text = re.split(r"\n(?:Args|Raises|IAM|Returns):", text)[0].strip()
    return text.replace("``", "`")


def _first_paragraph(text: str) -> str:
    return text.split("\n\n", maxsplit=1)[0].replace("``", "`")


def _arguments_in(function: Callable[..., Any]) -> dict[str, str]:
    """Read what a docstring says of each argument."""
    text = inspect.cleandoc(function.__doc__ or "")
    _, _, rest = text.partition("\nArgs:\n")
    block = re.split(r"\n\S", rest)[0]
    found: dict[str, str] = {}
    name = ""
    for line in textwrap.dedent(block).splitlines():
        match = re.match(r"(\w+): (.*)", line)
        if match:
            name = match[1]
            found[name] = match[2]
        elif name and line.strip():
            found[name] += f" {line.strip()}"
    return found


def _attribute_docs(documented: type) -> dict[str, str]:
    """Read the texts below the attributes of a class."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(documented))).body
    body: Collection[ast.stmt] = typing.cast(ast.ClassDef, tree).body
    found: dict[str, str] = {}
    name = ""
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and name:
            found[name] = inspect.cleandoc(str(node.value.value)).replace("``", "`")
            name = ""
        else:
            name = ""
    return found
