/** Profiles that a definition names for the type of an element. https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.type.profile */
import { equal } from '../../fhir/equal.ts'
import { isObject } from '../../fhir/resource.ts'
import { add } from '../findings.ts'
import { labelOf, type Part } from './part.ts'
import { type ItemCheck, passes } from './run.ts'
import { type Against, asked, type Profile, type Scope, typeName } from './scope.ts'

/** A value has to conform to one of them. */
export function profileChecks(
  part: Part,
  types: readonly string[],
  against: Against,
  scope: Scope,
): readonly ItemCheck[] {
  const checks = new Map<string, ItemCheck>()
  for (const { code, profile = [] } of part.definition.type ?? []) {
    const isGiven = against.some(({ definition }) =>
      definition.type?.some(type => type.code === code && equal(type.profile, profile)),
    )
    const type = typeName({ code })
    if (profile.length === 0 || isGiven || !types.includes(type)) continue
    checks.set(type, type === 'Extension' ? extensionCheck(profile, part, scope) : profileCheck(profile, part, scope))
  }
  return checks.size === 0 ? [] : [(value, twin, type, run) => checks.get(type)?.(value, twin, type, run)]
}

/** Each extension is checked by its own definition wherever it stands: here only which one it has to be. */
function extensionCheck(profiles: readonly string[], { definition }: Part, scope: Scope): ItemCheck {
  for (const canonical of profiles)
    if (scope.library.find(canonical) === undefined) scope.problem(unknown(canonical, definition))
  const urls = profiles.map(canonical => canonical.split('|', 1)[0] ?? canonical)
  return (value, _twin, _type, run) => {
    const url = isObject(value) ? value['url'] : undefined
    if (typeof url === 'string' && !urls.includes(url)) {
      add(run.found, asked(scope, 'value', `found the extension '${url}', expected ${urls.join(' or ')}`))
    }
  }
}

function profileCheck(canonicals: readonly string[], part: Part, scope: Scope): ItemCheck {
  let profiles: readonly Profile[] | undefined
  return (value, twin, type, run) => {
    // Looked up when they are first needed: profiles may name themselves.
    profiles ??= known(canonicals, part, scope)
    const [only, another] = profiles
    if (only === undefined || profiles.length < canonicals.length) return
    if (another === undefined) {
      only.check(value, twin, type, run)
    } else if (!profiles.some(({ check }) => passes(check, { value, twin, type }, run))) {
      add(
        run.found,
        asked(scope, 'value', `conforms to none of the profiles, expected one of ${canonicals.join(', ')}`),
      )
    }
  }
}

function known(canonicals: readonly string[], { definition }: Part, { library, problem }: Scope): readonly Profile[] {
  return canonicals.flatMap(canonical => {
    const profile = library.profile(canonical)
    if (profile === undefined) problem(unknown(canonical, definition))
    return profile ?? []
  })
}

function unknown(canonical: string, definition: Part['definition']): string {
  return `the profile ${canonical} of ${labelOf(definition)} is not known here: it is not applied`
}
