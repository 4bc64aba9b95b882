/** StructureDefinitions → the shapes of the artifact. https://hl7.org/fhir/R4/structuredefinition.html */
import type { ElementDefinition, ElementDefinitionType, StructureDefinition } from '@medplum/fhirtypes'
import type { ShapeLine } from '../artifact.ts'
import { standardsStatus } from './facts.ts'
import { patternOf } from './patterns.ts'
import { elementsOf, type Published, parentOf } from './published.ts'

const BASE = 'http://hl7.org/fhir/StructureDefinition/'
const FHIR_TYPE = `${BASE}structuredefinition-fhir-type`

/** The type itself, then each of its backbone elements. */
export function shapesOf(structure: StructureDefinition, published: Published): ShapeLine[] {
  const elements = elementsOf(structure, published)
  const parents = elements.map(({ path }) => parentOf(path))
  const [type = structure.name, ...backbones] = new Set(parents)
  const members = (shape: string): string[] =>
    elements.filter((element, at) => parents[at] === shape && isProperty(element)).map(each => line(each, parents))
  return [
    { name: type, ...facts(structure), elements: members(type) },
    ...backbones.map(name => ({ name, kind: 'complex' as const, elements: members(name) })),
  ]
}

/** Elements of a normative type that are less settled than the type. https://hl7.org/fhir/R4/versions.html#std-process */
export function unsettledOf(structure: StructureDefinition): string[] {
  if (standardsStatus(structure.extension) !== 'normative') return []
  const isUnsettled = ({ extension }: ElementDefinition): boolean =>
    (standardsStatus(extension) ?? 'normative') !== 'normative'
  return (structure.snapshot?.element ?? []).filter(isUnsettled).map(({ path }) => path)
}

function facts(structure: StructureDefinition): Omit<ShapeLine, 'name' | 'elements'> {
  const pattern = patternOf(structure)
  if (structure.kind === 'primitive-type') return { kind: 'primitive', ...(pattern === undefined ? {} : { pattern }) }
  if (structure.kind === 'complex-type') return { kind: 'complex' }
  const status = standardsStatus(structure.extension)
  return { kind: 'resource', ...(status === undefined ? {} : { status }) }
}

/** The value of a primitive is no property of its own, and what may occur zero times (`xhtml.extension`) does not exist. */
function isProperty(element: ElementDefinition): boolean {
  return element.max !== '0' && !(element.path.endsWith('.value') && /^[a-z]/.test(element.path))
}

/** `name min..max types flags`, as `artifact.ts` reads it. */
function line(element: ElementDefinition, parents: readonly string[]): string {
  const name = element.path.slice(element.path.lastIndexOf('.') + 1)
  const flags = [
    element.isSummary ? 'S' : '',
    element.isModifier ? 'M' : '',
    element.representation?.includes('xmlAttr') ? 'A' : '',
  ].join('')
  const parts = [name, `${element.min}..${element.max}`, types(element, parents), flags]
  return parts.filter(part => part !== '').join(' ')
}

function types(element: ElementDefinition, parents: readonly string[]): string {
  if (element.contentReference !== undefined) return element.contentReference.slice(1)
  if (parents.includes(element.path)) return element.path
  return (element.type ?? []).map(type => typeName(element, type)).join('|')
}

function typeName(element: ElementDefinition, type: ElementDefinitionType): string {
  const code = type.code ?? ''
  if (code.startsWith('http://hl7.org/fhirpath/')) return systemType(element, type)
  if (code === 'code') return `${code}${bindingOf(element)}`
  const targets = (type.targetProfile ?? []).map(url => url.replace(BASE, ''))
  return targets.length === 0 || targets.includes('Resource') ? code : `${code}(${targets.join(',')})`
}

/** Only a required one tells of which systems its codes are. */
function bindingOf({ binding }: ElementDefinition): string {
  if (binding?.strength !== 'required' || binding.valueSet === undefined) return ''
  const [url = ''] = binding.valueSet.split('|', 1)
  return `(${url})`
}

/** Snapshots say `System.String` for ids and `Extension.url`; the FHIR type is in an extension, which is wrong for resource ids. */
function systemType(element: ElementDefinition, type: ElementDefinitionType): string {
  if (/^[A-Z]\w+\.id$/.test(element.path) && !element.representation?.includes('xmlAttr')) return 'id'
  return type.extension?.find(({ url }) => url === FHIR_TYPE)?.valueUrl ?? 'string'
}
