/** JSON as the formatter of this project leaves it: what fits on a line stands on one. */
import type { Json, JsonObject } from '../../fhir/resource.ts'

const width = 120

export function printFile(resource: JsonObject): string {
  return `${inLines(resource, '')}\n`
}

function inLines(value: readonly Json[] | JsonObject, indent: string): string {
  const inner = `${indent}  `
  const lines = isList(value)
    ? value.map(item => inner + printed(item, inner, 0))
    : Object.entries(value).map(([name, item = null]) => {
        const key = `${JSON.stringify(name)}: `
        return inner + key + printed(item, inner, key.length)
      })
  const [open, close] = isList(value) ? '[]' : '{}'
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`
}

/** `before`: what stands on the line besides the indent; a comma may follow. */
function printed(value: Json, indent: string, before: number): string {
  const line = onOneLine(value)
  if (!isCompound(value) || indent.length + before + line.length < width) return line
  return inLines(value, indent)
}

function onOneLine(value: Json): string {
  if (!isCompound(value)) return JSON.stringify(value)
  if (isList(value)) return `[${value.map(onOneLine).join(', ')}]`
  const members = Object.entries(value).map(([name, item = null]) => `${JSON.stringify(name)}: ${onOneLine(item)}`)
  return `{ ${members.join(', ')} }`
}

function isCompound(value: Json): value is readonly Json[] | JsonObject {
  return typeof value === 'object' && value !== null
}

function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value)
}
