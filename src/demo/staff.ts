/** One person for each role that is shipped (`profiles/policies/`): whoever works there, and two who do not. */
export type Person = {
  /** Of the account, and the login as well. */
  readonly role: string
  readonly given: string
  readonly family: string
  readonly gender: 'female' | 'male'
  /** Who that is in the hospital. */
  readonly link: string
}

const at = (role: string, given: string, family: string, gender: Person['gender']): Person => ({
  ...{ role, given, family, gender },
  link: `Practitioner/demo-${role}`,
})

export const staff: readonly Person[] = [
  at('physician', 'Elena', 'Marchetti', 'female'),
  at('nurse', 'Tomasz', 'Zielinski', 'male'),
  at('receptionist', 'Aoife', 'Byrne', 'female'),
  at('lab', 'Kenji', 'Watanabe', 'male'),
  at('pharmacist', 'Leila', 'Haddad', 'female'),
  at('billing', 'Jonas', 'Lindqvist', 'male'),
  at('department-head', 'Amara', 'Okafor', 'female'),
  at('hospital-manager', 'Pieter', 'de Vries', 'male'),
  at('administrator', 'Ingrid', 'Solberg', 'female'),
  at('auditor', 'Rafael', 'Duarte', 'male'),
  at('integrator', 'Mei', 'Chen', 'female'),
]

export const laymen: readonly Person[] = [
  { role: 'patient', given: 'Nora', family: 'Abel', gender: 'female', link: 'Patient/demo-1' },
  { role: 'proxy', given: 'Samuel', family: 'Brandt', gender: 'male', link: 'RelatedPerson/demo-proxy' },
]
