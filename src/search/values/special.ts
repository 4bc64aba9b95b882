/** `near`, the one special parameter that reads an element. https://hl7.org/fhir/R4/location.html#positional */
import { Decimal } from '../../fhir/decimal.ts'
import type { Json } from '../../fhir/resource.ts'
import { objectOf } from './member.ts'
import type { ParameterType } from './parameter-type.ts'

/** In degrees, WGS84. */
export type PositionValue = { readonly type: 'special'; readonly latitude: number; readonly longitude: number }

export const special: ParameterType<PositionValue> = {
  extract: {
    'Location.position': element => {
      const { latitude, longitude } = objectOf(element)
      const [north, east] = [degrees(latitude, 90), degrees(longitude, 180)]
      return north === undefined || east === undefined ? [] : [{ type: 'special', latitude: north, longitude: east }]
    },
  },
}

/** Anything beyond is no place on earth. */
function degrees(element: Json | undefined, most: number): number | undefined {
  const value = typeof element === 'number' || element instanceof Decimal ? Number(element) : Number.NaN
  return Math.abs(value) <= most ? value : undefined
}
