/** The paths of discriminators. https://hl7.org/fhir/R4/profiling.html#discriminator */

export type Step =
  | { readonly op: 'child'; readonly name: string }
  | { readonly op: 'extension'; readonly url: string }
  | { readonly op: 'ofType'; readonly type: string }
  | { readonly op: 'resolve' }

const stepForm =
  /^(?:(\$this)|(resolve\(\))|extension\(\s*['"]([^'"]+)['"]\s*\)|ofType\(\s*([A-Za-z]+)\s*\)|([A-Za-z][A-Za-z0-9]*)(?:\[x\])?)(?:\.|$)/

/** `undefined` for what is not of the "restricted FHIRPath". */
export function parsePath(path: string): readonly Step[] | undefined {
  const steps: Step[] = []
  let rest = path.trim()
  while (rest !== '') {
    const [text, isThis, isResolve, url, type, name] = stepForm.exec(rest) ?? []
    if (text === undefined) return undefined
    if (isResolve !== undefined) steps.push({ op: 'resolve' })
    else if (url !== undefined) steps.push({ op: 'extension', url })
    else if (type !== undefined) steps.push({ op: 'ofType', type })
    else if (name !== undefined) steps.push({ op: 'child', name })
    else if (isThis === undefined) return undefined
    rest = rest.slice(text.length)
  }
  return steps
}
