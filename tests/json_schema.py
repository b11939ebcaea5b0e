"""The part of JSON Schema that `gitledger schema` uses, enough of it to hold an answer against."""

from typing import Any

_KNOWN = {
    *("title", "description", "default", "type", "const", "enum", "properties", "required", "additionalProperties"),
    *("items", "minimum", "maximum", "minLength", "maxLength", "discriminator", "x-option", "x-file-option", "$schema", "$defs"),
}


def complaints(
    value: Any, schema: dict[str, Any], root: dict[str, Any], path: str = "$", *, strict: bool = False
) -> list[str]:
    """Where `value` breaks `schema`. With `strict`, an object has no key that the schema does not name."""
    if "$ref" in schema:
        return complaints(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, path, strict=strict)
    for word in ("anyOf", "oneOf"):
        if word in schema:
            tries = [complaints(value, option, root, path, strict=strict) for option in schema[word]]
            return [] if [] in tries else [f"{path}: none of {word}: {min(tries, key=len)}"]
    unknown = set(schema) - _KNOWN
    assert not unknown, f"the test does not know {unknown}"
    if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
        return [f"{path}: {value!r} is not {schema.get('const', schema.get('enum'))!r}"]
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type")
    if kinds is not None and not any(_is(value, kind) for kind in kinds):
        return [f"{path}: {value!r} is not {kinds}"]
    found = []
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties", not (strict and properties))
        found += [f"{path}: {name} is missing" for name in schema.get("required", ()) if name not in value]
        for name, item in value.items():
            if name in properties:
                found += complaints(item, properties[name], root, f"{path}.{name}", strict=strict)
            elif others is False:
                found.append(f"{path}: {name} is not known")
            elif isinstance(others, dict):
                found += complaints(item, others, root, f"{path}.{name}", strict=strict)
    if isinstance(value, list) and "items" in schema:
        for place, item in enumerate(value):
            found += complaints(item, schema["items"], root, f"{path}[{place}]", strict=strict)
    return found


def _is(value: Any, kind: str) -> bool:
    types: dict[str, Any] = {"string": str, "array": list, "object": dict, "boolean": bool, "null": type(None)}
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, types[kind])


def references(schema: Any) -> list[str]:
    """Every `$ref` in a schema."""
    if isinstance(schema, dict):
        own = [schema["$ref"]] if "$ref" in schema else []
        return own + [ref for item in schema.values() for ref in references(item)]
    return [ref for item in schema for ref in references(item)] if isinstance(schema, list) else []
