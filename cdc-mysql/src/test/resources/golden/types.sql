-- geometry
create table places (id int primary key, spot point, shape geometry, path linestring not null);
insert into places values (1, st_geomfromtext('point(1 2)'), null, st_geomfromtext('linestring(0 0, 1 1)'));
insert into places values (2, st_geomfromtext('point(1 2)', 4326), st_geomfromtext('geometrycollection(point(3 4))'), st_geomfromtext('linestring(0 0, 1 1)'));
update places set spot = null where id = 2;
=> CREATED places 1 {id=int64 1, spot=bytes 0x000000000101000000000000000000f03f0000000000000040, shape=null, path=bytes 0x0000000001020000000200000000000000000000000000000000000000000000000000f03f000000000000f03f}
=mysql> CREATED places 2 {id=int64 2, spot=bytes 0xe610000001010000000000000000000040000000000000f03f, shape=bytes 0x00000000010700000001000000010100000000000000000008400000000000001040, path=bytes 0x0000000001020000000200000000000000000000000000000000000000000000000000f03f000000000000f03f}
=mariadb> CREATED places 2 {id=int64 2, spot=bytes 0xe61000000101000000000000000000f03f0000000000000040, shape=bytes 0x00000000010700000001000000010100000000000000000008400000000000001040, path=bytes 0x0000000001020000000200000000000000000000000000000000000000000000000000f03f000000000000f03f}
=mysql> UPDATED places 2 {id=int64 2, spot=null, shape=bytes 0x00000000010700000001000000010100000000000000000008400000000000001040, path=bytes 0x0000000001020000000200000000000000000000000000000000000000000000000000f03f000000000000f03f} was {id=int64 2, spot=bytes 0xe610000001010000000000000000000040000000000000f03f, shape=bytes 0x00000000010700000001000000010100000000000000000008400000000000001040, path=bytes 0x0000000001020000000200000000000000000000000000000000000000000000000000f03f000000000000f03f} changed [spot]
=mariadb> UPDATED places 2 {id=int64 2, spot=null, shape=bytes 0x00000000010700000001000000010100000000000000000008400000000000001040, path=bytes 0x0000000001020000000200000000000000000000000000000000000000000000000000f03f000000000000f03f} was {id=int64 2, spot=bytes 0xe61000000101000000000000000000f03f0000000000000040, shape=bytes 0x00000000010700000001000000010100000000000000000008400000000000001040, path=bytes 0x0000000001020000000200000000000000000000000000000000000000000000000000f03f000000000000f03f} changed [spot]

-- vectors [mysql]
create table vectors (id int primary key, v vector(3), w vector);
insert into vectors values (1, to_vector('[1.5, -2, 3e10]'), to_vector('[0.1]'));
=> CREATED vectors 1 {id=int64 1, v=list [1.5, -2.0, 3.0000001E10], w=list [0.1]}

-- uuid and addresses [mariadb]
create table ids (id int primary key, u uuid, a inet4, b inet6, raw binary(16), short_raw binary(4));
insert into ids values (1, '123e4567-e89b-12d3-a456-426655440000', '10.0.0.1', '2001:db8::ff00:42:8329', x'123e4567e89b12d3a456426655440000', x'0a000001');
insert into ids values (2, '00000000-0000-0000-0000-000000000000', '0.0.0.0', '::', null, null);
insert into ids values (3, 'ffffffff-ffff-ffff-ffff-ffffffffffff', '255.255.255.255', '::ffff:1.2.3.4', x'00', x'00');
insert into ids values (4, '01890a5d-ac96-774b-bcce-b302099a8057', '1.2.3.4', '::1.2.3.4', null, null);
insert into ids values (5, 'c232ab00-9414-11ec-b3c8-9f6bdeced846', null, '1:0:0:2::', null, null);
insert into ids values (6, '1ec9414c-232a-6b00-b3c8-9f6bdeced846', null, '::1', null, null);
insert into ids values (7, '919108f7-52d1-4320-9bac-f847db4148a8', null, '1:0:2:3:4:5:6:7', null, null);
insert into ids values (8, '919108f7-52d1-4320-0bac-f847db4148a8', null, '0:0:1:0:0:0:1:0', null, null);
=> CREATED ids 1 {id=int64 1, u=uuid 123e4567-e89b-12d3-a456-426655440000, a=string '10.0.0.1', b=string '2001:db8::ff00:42:8329', raw=bytes 0x123e4567e89b12d3a456426655440000, short_raw=bytes 0x0a000001}
=> CREATED ids 2 {id=int64 2, u=uuid 00000000-0000-0000-0000-000000000000, a=string '0.0.0.0', b=string '::', raw=null, short_raw=null}
=> CREATED ids 3 {id=int64 3, u=uuid ffffffff-ffff-ffff-ffff-ffffffffffff, a=string '255.255.255.255', b=string '::ffff:1.2.3.4', raw=bytes 0x00000000000000000000000000000000, short_raw=bytes 0x00000000}
=> CREATED ids 4 {id=int64 4, u=uuid 01890a5d-ac96-774b-bcce-b302099a8057, a=string '1.2.3.4', b=string '::1.2.3.4', raw=null, short_raw=null}
=> CREATED ids 5 {id=int64 5, u=uuid c232ab00-9414-11ec-b3c8-9f6bdeced846, a=null, b=string '1:0:0:2::', raw=null, short_raw=null}
=> CREATED ids 6 {id=int64 6, u=uuid 1ec9414c-232a-6b00-b3c8-9f6bdeced846, a=null, b=string '::1', raw=null, short_raw=null}
=> CREATED ids 7 {id=int64 7, u=uuid 919108f7-52d1-4320-9bac-f847db4148a8, a=null, b=string '1::2:3:4:5:6:7', raw=null, short_raw=null}
=> CREATED ids 8 {id=int64 8, u=uuid 919108f7-52d1-4320-0bac-f847db4148a8, a=null, b=string '0:0:1::1:0', raw=null, short_raw=null}

-- a uuid as key [mariadb]
create table by_uuid (u uuid primary key, a int);
insert into by_uuid values ('123e4567-e89b-12d3-a456-426655440000', 1);
=> CREATED by_uuid 123e4567-e89b-12d3-a456-426655440000 {u=uuid 123e4567-e89b-12d3-a456-426655440000, a=int64 1}

-- compressed columns [mariadb]
create table squeezed (id int primary key, a varchar(200) compressed, b text compressed, c blob compressed, d varchar(1000) compressed character set latin1, e varbinary(50) compressed);
insert into squeezed values (1, repeat('é', 60), repeat('xyz', 40), repeat(x'00ff', 40), repeat('ÿ', 130), x'0001');
insert into squeezed values (2, '', '', '', '', '');
insert into squeezed values (3, null, null, null, null, null);
insert into squeezed values (4, 'short', 'short', x'00', 'ÿ', repeat(x'00', 50));
=> CREATED squeezed 1 {id=int64 1, a=string 'éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé', b=string 'xyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyzxyz', c=bytes 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff, d=string 'ÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿÿ', e=bytes 0x0001}
=> CREATED squeezed 2 {id=int64 2, a=string '', b=string '', c=bytes 0x, d=string '', e=bytes 0x}
=> CREATED squeezed 3 {id=int64 3, a=null, b=null, c=null, d=null, e=null}
=> CREATED squeezed 4 {id=int64 4, a=string 'short', b=string 'short', c=bytes 0x00, d=string 'ÿ', e=bytes 0x0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000}

-- json
create table documents (id int primary key, j json);
insert into documents values (1, '{"b": 1, "a": [1, 2.5, "é", null, true]}');
insert into documents values (2, null);
=mysql> CREATED documents 1 {id=int64 1, j=json {"a": [1, 2.5, "é", null, true], "b": 1}}
=mariadb> CREATED documents 1 {id=int64 1, j=string '{"b": 1, "a": [1, 2.5, "é", null, true]}'}
=> CREATED documents 2 {id=int64 2, j=null}
