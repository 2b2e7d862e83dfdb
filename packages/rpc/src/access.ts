import type { HeaderAccess } from './header-access.ts';

/** Who may call what. In `open` mode everyone may call everything; other modes take their place here. */
export interface Access {
  /**
   * Who calls, by the call's metadata.
   *
   * @throws TandemError `CREDENTIALS_MISSING`
   */
  identify(headers: HeaderAccess): string;
  /**
   * Returns where the caller holds the scope.
   *
   * @throws TandemError `PERMISSION_DENIED`
   */
  permit(caller: string, scope: string): void;
}

/** Everyone is `anonymous` and holds every scope. For loopback only. */
export const openAccess: Access = { identify: () => 'anonymous', permit: () => {} };
