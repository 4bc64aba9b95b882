/** The definitions of R4 that Kiln knows, from the generated artifact. https://hl7.org/fhir/R4/conformance-module.html */
import { readFileSync } from 'node:fs'
import type { ElementShape, Shape, Shapes } from '../fhir/shape.ts'
import type { Artifact, Compartment, Operation, SearchParameter, ShapeLine, StandardsStatus } from './artifact.ts'

export type Definitions = {
  readonly shapes: Shapes
  readonly searchParameters: readonly SearchParameter[]
  readonly compartments: readonly Compartment[]
  readonly operations: readonly Operation[]
  /** How settled a resource type is; `undefined` for a type that does not exist. */
  readonly status: (resourceType: string) => StandardsStatus | undefined
  /** Paths of elements that are not normative in types that are: `CapabilityStatement.imports`. */
  readonly unsettled: ReadonlySet<string>
}

const artifact = new URL('./r4.generated.json', import.meta.url)

export function loadDefinitions(): Definitions {
  // As written by `generate.ts`, which a test proves.
  const known: Artifact = JSON.parse(readFileSync(artifact, 'utf8'))
  const { shapes, searchParameters, compartments, operations, unsettled } = known
  const statuses = new Map(shapes.map(({ name, status }) => [name, status]))
  return {
    shapes: shapesFrom(shapes),
    searchParameters,
    compartments,
    operations,
    status: resourceType => statuses.get(resourceType),
    unsettled: new Set(unsettled),
  }
}

/** A shape is worked out when it is first asked for: a process touches few of the 676. */
function shapesFrom(lines: readonly ShapeLine[]): Shapes {
  const pending = new Map(lines.map(line => [line.name, line]))
  const known = new Map<string, Shape>()
  return {
    resourceTypes: lines
      .filter(({ name, kind }) => kind === 'resource' && name !== 'Parameters')
      .map(({ name }) => name)
      .sort(),
    shape(name) {
      const shape = known.get(name)
      if (shape) return shape
      const line = pending.get(name)
      if (!line) return undefined
      const made = shapeFrom(line)
      known.set(name, made)
      pending.delete(name)
      return made
    },
  }
}

function shapeFrom({ name, kind, pattern, elements }: ShapeLine): Shape {
  return {
    name,
    kind,
    elements: new Map(elements.flatMap(line => elementsFrom(name, line)).map(element => [element.name, element])),
    ...(pattern === undefined ? {} : { pattern }),
  }
}

/** One element, or one for each type of a choice. */
function elementsFrom(shape: string, line: string): ElementShape[] {
  const [label = '', cardinality = '', types = '', flags = ''] = line.split(' ')
  const [min, max] = cardinality.split('..')
  const isChoice = label.endsWith('[x]')
  return types.split('|').map(written => {
    const [type = '', within] = written.split(/[()]/)
    return {
      name: isChoice ? label.slice(0, -3) + type.charAt(0).toUpperCase() + type.slice(1) : label,
      path: `${shape}.${label}`,
      ...(isChoice ? { choice: label } : {}),
      type,
      min: Number(min),
      max: max === '*' ? Number.POSITIVE_INFINITY : Number(max),
      primitive: /^[a-z]/.test(type),
      attribute: flags.includes('A'),
      summary: flags.includes('S'),
      modifier: flags.includes('M'),
      ...(within === undefined ? {} : type === 'code' ? { valueSet: within } : { targets: within.split(',') }),
    }
  })
}
