/** Every case of `cases/*.json`: each rule kept and broken, with what is found, where, and by whose rule. */
import t from 'tap'
import type { Issue } from '../../../src/fhir/issue.ts'
import { compileValidator } from '../../../src/validation/profile/validate.ts'
import { caseFiles, codesOf, type Expected, targetsOf } from './case-file.ts'
import { compileInvariant, structuresOf } from './written.ts'

/** Invariants of R4's own definitions are the business of other tests, and slow with the reference engine. */
const quick = new Set(['http://hl7.org/fhir/StructureDefinition/DomainResource'])

for (const file of caseFiles()) {
  t.test(`${file.file}: ${file.about}`, async t => {
    const validate = compileValidator({
      structures: structuresOf(file.profiles ?? []),
      compileInvariant,
    })
    const options = { profiles: 'claimed', codes: codesOf(file), targets: targetsOf(file) } as const
    for (const { name, resource, profiles = 'claimed', issues = [], options: more } of file.cases) {
      const found = validate(resource, { ...options, ...more, profiles }).filter(
        ({ source, key }) => key === undefined || !quick.has(source ?? ''),
      )
      t.match(found.map(told), issues.map(asExpected), name)
      t.equal(found.length, issues.length, `${name}: nothing else`) || t.comment(JSON.stringify(found, null, 1))
    }
  })
}

function told({ severity, code, expression, key, source, diagnostics }: Issue): object {
  return { severity, code, expression, key, source, text: diagnostics }
}

function asExpected({ severity = 'error', text, ...expected }: Expected): object {
  return { severity, ...expected, text: new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) }
}
