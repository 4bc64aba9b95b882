/**
 * XML Patch: operations in sequence on the resource's XML form, all or none. https://www.rfc-editor.org/rfc/rfc5261
 *
 * White space between FHIR's elements means nothing and is not stored, hence `ws` of a removal has nothing to do.
 */
import { type FhirError, fail } from '../issue.ts'
import { attributeOf, type Path, type Selected, select, textOf } from './xml-selector.ts'
import { changed, parseTree, printTree, type XmlElement, type XmlNode } from './xml-tree.ts'

export const xmlPatchLimits = {
  /** Operations of one patch: each walks along its selector. */
  operations: 1_000,
}

/** The patched XML. Throws 400 for what is no XML Patch, 422 if it does not apply. */
export function applyXmlPatch(document: string, patch: string): string {
  const operations = elementsIn(parseTree(patch))
  if (operations.length > xmlPatchLimits.operations) {
    const limit = xmlPatchLimits.operations
    throw fail('too-costly', `the patch has ${operations.length} operations, at most ${limit} are allowed`)
  }
  let root = parseTree(document)
  for (const [i, operation] of operations.entries()) root = apply(root, operation, `operation ${i} (${operation.name})`)
  return printTree(root)
}

function apply(root: XmlElement, operation: XmlElement, at: string): XmlElement {
  const patches = { add, replace, remove }
  if (!Object.hasOwn(patches, operation.name)) {
    throw fail('structure', `${at}: expected is add, replace or remove, received is '${operation.name}'`)
  }
  const selector = attributeOf(operation, 'sel')
  if (selector === undefined) throw fail('structure', `${at} lacks the attribute 'sel'`)
  const selected = select(root, selector, operation.scope, at)
  return patches[operation.name as keyof typeof patches](root, operation, selected, at)
}

function add(root: XmlElement, operation: XmlElement, { path, node, attribute }: Selected, at: string): XmlElement {
  const type = attributeOf(operation, 'type')
  const pos = attributeOf(operation, 'pos')
  if (type !== undefined) {
    if (pos !== undefined) throw fail('structure', `${at}: 'pos' has no meaning beside 'type'`)
    if (node.is !== 'element' || attribute !== undefined)
      throw wrong(at, 'an attribute can only be added to an element')
    return edit(root, path, element => withAttribute(element, type, textOf(operation), at))
  }
  if (attribute !== undefined) throw wrong(at, 'nothing can be added to an attribute')
  const { children } = operation
  switch (pos) {
    case 'before':
    case 'after':
      return beside(root, path, at, (siblings, i) => siblings.toSpliced(pos === 'before' ? i : i + 1, 0, ...children))
    case 'prepend':
    case undefined:
      if (node.is !== 'element')
        throw wrong(at, "children can only be added to an element; with pos 'before' or 'after', siblings")
      return edit(root, path, element =>
        changed(element, {
          children: pos === 'prepend' ? [...children, ...element.children] : [...element.children, ...children],
        }),
      )
    default:
      throw fail(
        'structure',
        `${at}: 'pos' must be before, after or prepend, received is '${pos}' (invalid-attribute-value)`,
      )
  }
}

/** "the type attribute … specifies the attribute by its name with the preceding '@'" (section 4.3.2) */
function withAttribute(element: XmlElement, type: string, value: string, at: string): XmlElement {
  const name = /^@((?:xml:)?[\p{L}_][\p{L}\p{N}_.-]*)$/u.exec(type)?.[1]
  if (name === undefined) {
    throw fail(
      'structure',
      `${at}: 'type' must be an attribute such as @value, received is '${type}' (invalid-attribute-value)`,
    )
  }
  if (attributeOf(element, name) !== undefined) throw wrong(at, `the attribute '${name}' is there already`)
  return changed(element, { attributes: [...element.attributes, { name, value }] })
}

function replace(root: XmlElement, operation: XmlElement, { path, node, attribute }: Selected, at: string): XmlElement {
  if (attribute !== undefined) {
    const value = textOf(operation)
    return edit(root, path, element =>
      changed(element, {
        attributes: element.attributes.map(old => (old.name === attribute ? { ...old, value } : old)),
      }),
    )
  }
  if (node.is === 'text')
    return beside(root, path, at, (siblings, i) => siblings.with(i, { is: 'text', text: textOf(operation) }))
  const replacement = operation.children.filter(child => child.is !== 'text' || /\S/.test(child.text))
  const [only] = replacement
  if (only === undefined || replacement.length > 1 || only.is !== node.is) {
    throw wrong(at, `expected is exactly one ${node.is} as replacement (invalid-node-types)`)
  }
  if (path.length === 0) return only as XmlElement
  return beside(root, path, at, (siblings, i) => siblings.with(i, only))
}

function remove(root: XmlElement, operation: XmlElement, { path, attribute }: Selected, at: string): XmlElement {
  if (operation.children.length > 0) throw fail('structure', `${at}: a removal has no content`)
  if (attribute !== undefined) {
    return edit(root, path, element =>
      changed(element, { attributes: element.attributes.filter(({ name }) => name !== attribute) }),
    )
  }
  return beside(root, path, at, (siblings, i) => siblings.toSpliced(i, 1))
}

/** The root with the element at the path changed; what is not on the way there stays the same. */
function edit(element: XmlElement, [first, ...rest]: Path, change: (element: XmlElement) => XmlElement): XmlElement {
  if (first === undefined) return change(element)
  const child = element.children[first]
  if (child?.is !== 'element') throw new Error('a path leads through what is no element')
  return changed(element, { children: element.children.with(first, edit(child, rest, change)) })
}

function beside(
  root: XmlElement,
  path: Path,
  at: string,
  change: (siblings: readonly XmlNode[], i: number) => readonly XmlNode[],
): XmlElement {
  const place = path.at(-1)
  if (place === undefined)
    throw wrong(at, 'the root can neither be removed nor have siblings (invalid-root-element-operation)')
  return edit(root, path.slice(0, -1), parent => changed(parent, { children: change(parent.children, place) }))
}

function elementsIn(patch: XmlElement): readonly XmlElement[] {
  return patch.children.filter(child => {
    if (child.is === 'text' && /\S/.test(child.text)) {
      throw fail(
        'structure',
        `expected are elements add, replace and remove, received is text '${child.text.trim().slice(0, 40)}'`,
      )
    }
    return child.is === 'element'
  }) as readonly XmlElement[]
}

function wrong(at: string, diagnostics: string): FhirError {
  return fail('processing', `${at}: ${diagnostics}`)
}
