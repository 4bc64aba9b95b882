/** Types as FHIRPath sees them: a FHIR type by its shape, or one of FHIRPath's own. https://hl7.org/fhir/R4/fhirpath.html#types */
import { isObject, type Json, type JsonObject } from '../../resource.ts'
import type { ElementShape, Shape, Shapes } from '../../shape.ts'
import { fhirNames, specialised } from '../../specialised.ts'
import type { TypeName } from './syntax.ts'

/** What operators do with a value. `text` is any string, `quantity` any measured amount. */
export type Kind = 'boolean' | 'integer' | 'decimal' | 'text' | 'date' | 'dateTime' | 'time' | 'quantity' | 'complex'

/** One way in which a member of an object is written. */
export type Property = {
  readonly name: string
  /** `_birthDate`, where id and extensions of a primitive are; absent for what is no primitive. */
  readonly twin?: string
  readonly type: Type
}

/** A member by its name in FHIRPath. */
export type Member = {
  readonly ways: readonly Property[]
  /** Where there are many ways: the one that a JSON property is, so that the few properties that are there are looked at. */
  readonly byName: ReadonlyMap<string, readonly Property[]> | undefined
}

/** Extension.value[x] has 50 ways; objects have about five properties. */
const many = 8

export const absent: Member = { ways: [], byName: undefined }

function membersOf({ shape, properties }: Type): ReadonlyMap<string, Member> {
  const byName = Map.groupBy(properties.values(), ({ name }) => {
    const choice = shape?.elements.get(name)?.choice
    return choice === undefined ? name : choice.replace('[x]', '')
  })
  return new Map([...byName].map(([name, ways]) => [name, memberOf(ways)]))
}

function memberOf(ways: readonly Property[]): Member {
  if (ways.length < many) return { ways, byName: undefined }
  const names = (way: Property) => (way.twin === undefined ? [way.name] : [way.name, way.twin])
  return { ways, byName: new Map(ways.flatMap(way => names(way).map(name => [name, [way]] as const))) }
}

/** The ways in which the member may be there. */
export function waysIn(inside: JsonObject, { ways, byName }: Member): readonly Property[] {
  if (byName === undefined) return ways
  for (const name in inside) {
    const way = byName.get(name)
    if (way !== undefined) return way
  }
  return []
}

export class Type {
  readonly namespace: 'FHIR' | 'System'
  readonly name: string
  readonly kind: Kind
  /** Written as a JSON primitive: what is inside of it stands in its twin. */
  readonly primitive: boolean
  readonly shape: Shape | undefined
  /** Its own name and those of all it specialises. */
  readonly #names: ReadonlySet<string>
  readonly #types: Types
  #members: ReadonlyMap<string, Member> | undefined
  #properties: ReadonlyMap<string, Property> | undefined

  constructor(namespace: 'FHIR' | 'System', name: string, shape: Shape | undefined, types: Types) {
    this.namespace = namespace
    this.name = name
    this.shape = shape
    this.kind = kinds[name] ?? (/^[a-z]/.test(name) || namespace === 'System' ? 'text' : 'complex')
    this.primitive = this.kind !== 'complex' && this.kind !== 'quantity'
    this.#names = new Set(lineage(namespace, name, shape))
    this.#types = types
  }

  /** `value` gives `valueQuantity`, `valueString` …; nothing if there is no such element. */
  member(name: string): Member {
    this.#members ??= membersOf(this)
    return this.#members.get(name) ?? absent
  }

  /** By JSON property. */
  get properties(): ReadonlyMap<string, Property> {
    this.#properties ??= new Map(
      [...(this.shape?.elements.values() ?? [])].map(element => [element.name, this.#types.property(element)]),
    )
    return this.#properties
  }

  is({ namespace, name }: TypeName): boolean {
    if (namespace !== undefined && namespace !== this.namespace) return false
    if (this.#names.has(name)) return true
    // R4's que-7 asks `answer is Boolean` of a FHIR.boolean, so FHIRPath's own names, unless qualified, mean both.
    return namespace === undefined && this.namespace === 'FHIR' && this.#names.has(fhirNames[name] ?? '')
  }
}

/** The types of one set of shapes; each is made once, so that types can be compared by identity. */
export class Types {
  readonly #shapes: Shapes
  readonly #known = new Map<string, Type>()
  readonly system: Readonly<Record<SystemName, Type>>

  constructor(shapes: Shapes) {
    this.#shapes = shapes
    const own = (name: string) => new Type('System', name, name === 'Quantity' ? shapes.shape(name) : undefined, this)
    this.system = {
      Boolean: own('Boolean'),
      String: own('String'),
      Integer: own('Integer'),
      Decimal: own('Decimal'),
      Date: own('Date'),
      DateTime: own('DateTime'),
      Time: own('Time'),
      Quantity: own('Quantity'),
    }
  }

  of(name: string): Type {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const type = new Type('FHIR', name, this.#shapes.shape(name), this)
    this.#known.set(name, type)
    return type
  }

  property({ name, type, primitive }: ElementShape): Property {
    return { name, ...(primitive ? { twin: `_${name}` } : {}), type: this.of(type) }
  }

  /** Of a value that comes without a type: a resource's own, or FHIRPath's of a primitive. */
  shown(value: Json): Type {
    if (typeof value === 'boolean') return this.system.Boolean
    if (typeof value === 'string') return this.system.String
    if (!isObject(value)) return Number.isInteger(value) ? this.system.Integer : this.system.Decimal
    return 'resourceType' in value ? this.concrete(this.of('Resource'), value) : this.of('Quantity')
  }

  /** Of a resource, the type that it says it is. */
  concrete(type: Type, value: Json | undefined): Type {
    if ((type.name !== 'Resource' && type.name !== 'DomainResource') || !isObject(value)) return type
    const name = value['resourceType']
    return typeof name === 'string' && this.#shapes.shape(name)?.kind === 'resource' ? this.of(name) : type
  }
}

const known = new WeakMap<Shapes, Types>()

export function typesOf(shapes: Shapes): Types {
  const types = known.get(shapes) ?? new Types(shapes)
  known.set(shapes, types)
  return types
}

export type SystemName = 'Boolean' | 'String' | 'Integer' | 'Decimal' | 'Date' | 'DateTime' | 'Time' | 'Quantity'

const kinds: Readonly<Record<string, Kind>> = {
  boolean: 'boolean',
  integer: 'integer',
  positiveInt: 'integer',
  unsignedInt: 'integer',
  decimal: 'decimal',
  date: 'date',
  dateTime: 'dateTime',
  instant: 'dateTime',
  time: 'time',
  Quantity: 'quantity',
  Age: 'quantity',
  Count: 'quantity',
  Distance: 'quantity',
  Duration: 'quantity',
  Boolean: 'boolean',
  Integer: 'integer',
  Decimal: 'decimal',
  Date: 'date',
  DateTime: 'dateTime',
  Time: 'time',
}

const parents: Readonly<Record<string, string>> = {
  ...specialised,
  Bundle: 'Resource',
  Binary: 'Resource',
  Parameters: 'Resource',
  DomainResource: 'Resource',
  BackboneElement: 'Element',
}

const roots: readonly string[] = ['Resource', 'Element', 'Any']

/** The type and its ancestors; nobody can ask for a nested one by name, but for its ancestors. */
function lineage(namespace: 'FHIR' | 'System', name: string, shape?: Shape): readonly string[] {
  if (roots.includes(name)) return [name]
  if (namespace === 'System') return [name, 'Any']
  return [name, ...lineage('FHIR', parents[name] ?? general(shape))]
}

function general(shape: Shape | undefined): string {
  if (shape?.kind === 'resource') return 'DomainResource'
  return shape?.elements.has('modifierExtension') ? 'BackboneElement' : 'Element'
}
