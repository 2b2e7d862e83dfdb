import { ECHO_USER } from '../servers/echo-user.ts';
import type { GetUser } from './contract.ts';
import { serve } from './serve.ts';

const { email, name, isActive, points, seconds, etag } = ECHO_USER;
const time = { seconds, nanos: 0 };

const getUser: GetUser = ({ request: { id } }, callback) => {
  const user = {
    id,
    email,
    name,
    is_active: isActive,
    points: String(points),
    create_time: time,
    update_time: time,
    etag,
  };
  callback(null, { user });
};

serve({ name: 'plain echo', services: { 'tandem.users.v1.UserService': { GetUser: getUser } } });
