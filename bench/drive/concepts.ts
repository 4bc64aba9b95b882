/** What is asked of a large code system: a hierarchy of some size, and what people type. */

import { wordsOf } from '../../src/search/values/words.ts'
import type { LibraryFile } from '../../src/terminology/library/library-file.ts'

/** Of the large hierarchies, that which is nearest to 20,000, or to an eighteenth of a small system. */
export function middling(file: LibraryFile): { concept: number; count: number } {
  const wanted = file.size / 18
  const counts = Array.from({ length: Math.min(file.size, 3_000) }, (_, n) => ({
    concept: n,
    count: file.descendants(n).count,
  }))
  return counts.reduce((a, b) => (Math.abs(b.count - wanted) < Math.abs(a.count - wanted) ? b : a))
}

/** What people type: beginnings of one to three words of a display. */
export function texts(file: LibraryFile, draw: () => number, count: number): readonly string[] {
  return Array.from({ length: count }, () => {
    const words = wordsOf(file.display(Math.floor(draw() * file.size)) ?? '')
    const some = Array.from(
      { length: 1 + Math.floor(draw() * 3) },
      () => words[Math.floor(draw() * words.length)] ?? '',
    )
    return some.map(word => word.slice(0, 1 + Math.floor(draw() * 6))).join(' ')
  })
}
