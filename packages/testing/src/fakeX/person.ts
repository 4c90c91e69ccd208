/** An X user, signed in in the browser and offered on the consent page. */
export interface Person {
  /** The name by which tests refer to them. */
  readonly key: string;
  /** X's user id, a decimal number too large for a JavaScript number. */
  readonly id: string;
  readonly name: string;
  /** Without the `@`. */
  readonly username: string;
  readonly profileImageUrl: string;
}

export const ADA: Person = {
  key: 'ada',
  id: '1815121018520000001',
  name: 'Ada Lovelace',
  username: 'ada_l',
  profileImageUrl: 'https://pbs.example.com/profile_images/ada_normal.png',
};

export const GRACE: Person = {
  key: 'grace',
  id: '1906120919920000002',
  name: 'Grace Hopper',
  username: 'grace_h',
  profileImageUrl: 'https://pbs.example.com/profile_images/grace_normal.png',
};

export const KATHERINE: Person = {
  key: 'katherine',
  id: '1918082620200000003',
  name: 'Katherine Johnson',
  username: 'katherine_j',
  profileImageUrl: 'https://pbs.example.com/profile_images/katherine_normal.png',
};
