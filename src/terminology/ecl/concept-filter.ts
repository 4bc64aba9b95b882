/** `{{ C … }}`: what concepts are asked besides their meaning. */
import type { Concept, ConceptSet } from '../concept-set.ts'
import type { ConceptFilter, Expression } from './expression.ts'
import { metadata } from './metadata.ts'
import { type Run, setOf, unsupported } from './run.ts'
import { timeTest } from './time.ts'

type Filtered = Extract<Expression, { op: 'conceptual' }>

/** A filter that asks for `active` lets inactive concepts in first. */
export function filterConcepts({ of, filters }: Filtered, run: Run, all: boolean): ConceptSet {
  const asks = filters.some(({ what }) => what === 'active')
  return filters.reduce((concepts, filter) => apply(concepts, filter, run), run.ask(of, all || asks))
}

function apply(concepts: ConceptSet, filter: ConceptFilter, run: Run): ConceptSet {
  const differs = filter.compare === '!='
  switch (filter.what) {
    case 'active': {
      if (filter.active === undefined) return differs ? setOf(run, []) : concepts
      return filter.active !== differs ? concepts.minus(run.inactive()) : concepts.and(run.inactive())
    }
    case 'definitionStatus':
      needProperty('sufficientlyDefined', filter, run)
      return byStatus(
        concepts,
        filter.anyOf.includes('defined') !== differs,
        filter.anyOf.includes('primitive') !== differs,
        run,
      )
    case 'definitionStatusId': {
      needProperty('sufficientlyDefined', filter, run)
      const asked = new Set([...run.ask(filter.of)].map(concept => run.system.code(concept)))
      return byStatus(concepts, asked.has(metadata.defined) !== differs, asked.has(metadata.primitive) !== differs, run)
    }
    case 'moduleId': {
      needProperty('moduleId', filter, run)
      const modules = [...run.ask(filter.of)].map(concept => run.system.having('moduleId', run.system.code(concept)))
      const those = modules.reduce((a, b) => a.or(b), setOf(run, []))
      return differs ? concepts.minus(those) : concepts.and(those)
    }
    case 'effectiveTime': {
      needProperty('effectiveTime', filter, run)
      const fits = timeTest(filter)
      return setOf(run, matching(concepts, 'effectiveTime', fits, run))
    }
  }
}

function byStatus(concepts: ConceptSet, defined: boolean, primitive: boolean, run: Run): ConceptSet {
  if (defined === primitive) return defined ? concepts : setOf(run, [])
  const those = run.system.having('sufficientlyDefined', 'true')
  return defined ? concepts.and(those) : concepts.minus(those)
}

function needProperty(code: string, { at }: ConceptFilter, run: Run): void {
  if (run.system.facts.properties.some(property => property.code === code)) return
  throw unsupported(`the property '${code}' of concepts is not kept here, and cannot be asked for`, run.place(at))
}

function* matching(
  concepts: ConceptSet,
  property: string,
  fits: (value: string) => boolean,
  run: Run,
): Generator<Concept> {
  for (const concept of concepts) {
    run.read()
    const values = run.system.properties(concept).filter(({ code }) => code === property)
    if (values.some(({ value }) => fits(String(value)))) yield concept
  }
}
