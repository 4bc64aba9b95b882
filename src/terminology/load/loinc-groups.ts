/**
 * Groups of terms that are alike for some purpose, and groups of these: concepts, with a hierarchy of their own. That of the terms
 * does not go through them: `GROUP` says what a term is in. https://loinc.org/groups/
 */
import { codingOf, csv, each, isCode, type Known, type Read } from './loinc-table.ts'

export const readParentGroups: Read = async (file, load) => {
  await each(file, load, csv('ParentGroupId', 'ParentGroup'), (row, line, rows) => {
    const code = row('ParentGroupId')
    if (!isCode(code, file, line, load)) return
    rows.concept({ code, display: row('ParentGroup'), line, ...stateOf(row('Status')) })
  })
}

export const readGroups: Read = async (file, load, { edges }) => {
  await each(file, load, csv('ParentGroupId', 'GroupId', 'Group'), (row, line, rows) => {
    const [code, parent] = [row('GroupId'), row('ParentGroupId')]
    if (!isCode(code, file, line, load)) return
    if (isFirst(edges, code)) rows.concept({ code, display: row('Group'), line, ...stateOf(row('Status')) })
    if (parent !== '' && isFirst(edges, `${code} ${parent}`)) rows.edge({ child: code, parent, line })
  })
}

export const readGroupTerms: Read = async (file, load) => {
  await each(file, load, csv('GroupId', 'LoincNumber'), (row, line, rows) => {
    rows.property({ code: row('LoincNumber'), property: 'GROUP', value: codingOf(row('GroupId'), ''), line })
  })
}

function isFirst(seen: Known['edges'], key: string): boolean {
  return seen.size < seen.add(key).size
}

function stateOf(status: string): { readonly inactive?: true } {
  return /^(inactive|deprecated)$/i.test(status) ? { inactive: true } : {}
}
